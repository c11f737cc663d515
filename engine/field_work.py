"""The verbs of the Fields tab: retrieving both schemas, mapping fields, and a preview on a real record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from engine.connections import Connections
from engine.crm import HasSchema, SchemaField
from engine.errors import UnknownId, UsageError
from engine.field_mappings import FieldMapping, FieldMappings, MappingState, PreviewLine, broken, concerns, preview
from engine.integrations import Integration
from engine.mappings import Mappings
from engine.model import Customer, Kind, Product, Side
from engine.ports import RecordCache
from engine.schema import Schemas, SchemaState


@dataclass(slots=True)
class FieldWork:
    """Made by ``Workspace``. ``pull`` works on the network: the caller holds the connections' locks."""

    connections: Connections
    cache: RecordCache
    mappings: Mappings
    schemas: Schemas
    field_mappings: FieldMappings

    def sides(self, integration: Integration) -> list[Side]:
        """The sides whose system has a schema."""
        able = {side: self.connections.connector(integration.connection(side)).capabilities.has_schema for side in Side}
        return [side for side in Side if able[side]]

    async def pull(self, integration: Integration) -> dict[Side, SchemaState]:
        """Retrieve the objects and fields of every side that has any. A side that fails raises; what was kept before
        stays. Raises ``UsageError`` where no side has a schema.
        """
        sides = self.sides(integration)
        if not sides:
            raise UsageError(f"neither system of {integration.name} has custom objects or fields to retrieve")
        found = {}
        for side in sides:
            connector = cast("HasSchema", self.connections.connector(integration.connection(side)))
            found[side] = await connector.schema()
        kept = {side: self.state(integration, side) for side in Side}
        fresh = {
            side: SchemaState(kept[side].connection, found.get(side, kept[side].objects), kept[side].at)
            for side in Side
        }
        bad = broken(self.field_mappings.states(integration, fresh[Side.STOREFRONT], fresh[Side.BACKOFFICE]))
        return {side: self.schemas.replace(integration.connection(side), found[side], bad) for side in sides}

    def state(self, integration: Integration, side: Side) -> SchemaState:
        return self.schemas.state(integration.connection(side))

    def states(self, integration: Integration) -> list[MappingState]:
        """All field mappings, each with why it cannot work, if so."""
        return self.field_mappings.states(
            integration, self.state(integration, Side.STOREFRONT), self.state(integration, Side.BACKOFFICE)
        )

    def map(self, integration: Integration, mapping: FieldMapping) -> FieldMapping:
        return self.field_mappings.map(
            mapping, self.state(integration, Side.STOREFRONT), self.state(integration, Side.BACKOFFICE)
        )

    def targets(self, integration: Integration, object: str) -> dict[str, SchemaField]:
        """The fields of one back-office object, by name. Raises ``UnknownId``."""
        return {field.name: field for field in self.state(integration, Side.BACKOFFICE).object(object).fields}

    def usable(self, integration: Integration, kind: Kind) -> tuple[list[FieldMapping], dict[str, str]]:
        """The field mappings of a kind that work, and those that do not: id -> why."""
        states = [state for state in self.states(integration) if state.mapping.kind is kind]
        return (
            [state.mapping for state in states if not state.problem],
            {state.mapping.id: state.problem for state in states if state.problem},
        )

    def preview(self, integration: Integration, kind: Kind, storefront_id: str) -> list[PreviewLine]:
        """What every field mapping of a kind would do with one record as it was last read. Raises ``UnknownId``."""
        record = self.cache.get(integration.storefront, kind, [storefront_id]).get(storefront_id)
        if record is None:
            raise UnknownId(kind.singular, storefront_id, "pull first, or check the id")
        assert isinstance(record, Product | Customer)
        mapping = self.mappings.mapped(integration.name, kind).get(storefront_id)
        counterpart = None
        if mapping is not None:
            found = self.cache.get(integration.backoffice, kind, [mapping.backoffice_id]).get(mapping.backoffice_id)
            counterpart = cast("Product | Customer | None", found)
        mappings = self.field_mappings.all(integration.name, kind)
        objects = dict.fromkeys(mapping.object for mapping in mappings)
        lines: list[PreviewLine] = []
        for name in objects:
            mine = [one for one in mappings if one.object == name and concerns(one, counterpart)]
            lines += preview(mine, self.targets(integration, name), record, counterpart)
        return lines
