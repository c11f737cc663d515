"""What all parts of the front door share: an integration by its name, and telling the screens what changed."""

from __future__ import annotations

from abc import ABC

from engine.events import Events, RowsChanged
from engine.integrations import Integration, Integrations
from engine.model import Kind
from engine.views import Edit


class Verbs(ABC):
    """A part of ``Workspace``, which sets every attribute that a part declares."""

    events: Events
    _integrations: Integrations

    def integration(self, name: str | None = None) -> Integration:
        return self._integrations.get(name)

    def _edited(self, integration: Integration, kind: Kind, edit: Edit) -> Edit:
        self.events.publish(RowsChanged(integration.name, kind))
        return edit

    def _all_changed(self, integration: Integration) -> None:
        for kind in Kind:
            self.events.publish(RowsChanged(integration.name, kind))
