"""The workspace's verbs of the Fields tab: a part of the front door in a file of its own."""

from __future__ import annotations

from engine.field_mappings import FieldMapping, MappingState, PreviewLine
from engine.field_work import FieldWork
from engine.model import Kind, Side
from engine.operations import Operations
from engine.schema import SchemaState
from engine.verbs import Verbs


class FieldVerbs(Verbs):
    """Custom objects and fields of both sides, and which field goes into which."""

    _fields: FieldWork
    _operations: Operations

    async def pull_schema(self, integration: str | None) -> dict[Side, SchemaState]:
        """Retrieve custom objects and fields of every side that has any, and compare them with what was known."""
        chosen = self.integration(integration)
        async with self._operations.exclusive(chosen.connections, f"retrieving the fields of {chosen.name}"):
            return await self._fields.pull(chosen)

    def schema(self, integration: str | None, side: Side) -> SchemaState:
        """Objects and fields as last retrieved, and what that retrieval had changed."""
        return self._fields.state(self.integration(integration), side)

    def schema_sides(self, integration: str | None) -> list[Side]:
        """The sides whose system has custom objects and fields."""
        return self._fields.sides(self.integration(integration))

    def field_mappings(self, integration: str | None) -> list[MappingState]:
        """Every field mapping, with why it cannot work, if so."""
        return self._fields.states(self.integration(integration))

    def map_field(self, integration: str | None, mapping: FieldMapping) -> FieldMapping:
        """Map a storefront field to a back-office one. Raises ``UsageError`` when the two do not fit; nothing is saved."""
        return self._fields.map(self.integration(integration), mapping)

    def unmap_field(self, integration: str | None, id: str) -> FieldMapping:
        return self._fields.field_mappings.unmap(self.integration(integration).name, id)

    def preview_fields(self, integration: str | None, kind: Kind, storefront_id: str) -> list[PreviewLine]:
        """What the field mappings would write for one real record, beside what its counterpart holds."""
        return self._fields.preview(self.integration(integration), kind, storefront_id)
