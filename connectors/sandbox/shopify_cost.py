"""What a query costs, and the bucket of points it is paid from (shopify.dev, "GraphQL Admin API rate limits").

An object costs 1, a scalar nothing, a connection 2 and so much for every record that may come, a mutation 10. The requested
cost is taken before anything is done; what was not used of it is given back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

from connectors.sandbox.wire import Json

MUTATION = 10.0
HIGHEST = 1000.0  # points of one query
BUCKET = 20.0  # seconds in which an empty bucket fills
_PLAIN = frozenset({"PageInfo"})  # objects that cost nothing


class Costs:
    """The price of one operation of a document (the only one, or the one that is named) with its variables."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any], name: str | None = None
    ) -> None:
        self._schema, self._variables = schema, variables
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        named = [one for one in operations if one.name and one.name.value == name]
        self._operation = (named or operations)[0]

    def of(self, data: Json | None = None) -> float:
        """Points: of what may come, or of what came."""
        if self._operation.operation is OperationType.MUTATION:
            return MUTATION
        root = self._schema.query_type
        assert root is not None
        return self._selected(self._operation.selection_set, root, data)

    def _selected(self, chosen: SelectionSetNode | None, above: GraphQLObjectType, data: Any) -> float:
        points = 0.0
        for node in chosen.selections if chosen else ():
            if isinstance(node, FragmentSpreadNode):
                points += self._selected(self._fragments[node.name.value].selection_set, above, data)
            elif isinstance(node, InlineFragmentNode):
                points += self._selected(node.selection_set, above, data)
            elif isinstance(node, FieldNode) and self._included(node) and not node.name.value.startswith("__"):
                inside = None if data is None else data.get(_key(node))
                if data is None or inside is not None:
                    points += self._field(node, above, inside)
        return points

    def _field(self, node: FieldNode, above: GraphQLObjectType, data: Any) -> float:
        kind = get_named_type(above.fields[node.name.value].type)
        if not isinstance(kind, GraphQLObjectType) or kind.name in _PLAIN:
            return 0.0
        if kind.name.endswith("Connection"):
            return self._list(node, kind, data)
        if isinstance(data, list):  # of a plain list nobody knows beforehand how long it is: it costs what one costs
            return max((1 + self._selected(node.selection_set, kind, one) for one in data), default=0.0)
        return 1 + self._selected(node.selection_set, kind, data)

    def _list(self, node: FieldNode, kind: GraphQLObjectType, data: Any) -> float:
        record = get_named_type(kind.fields["nodes"].type)
        assert isinstance(record, GraphQLObjectType)
        points = 2.0
        for part in self._fields(node.selection_set):
            if part.name.value not in {"nodes", "edges"}:
                continue
            chosen, rows = part.selection_set, [] if data is None else data[_key(part)]
            if part.name.value == "edges":
                inner = next((one for one in self._fields(chosen) if one.name.value == "node"), None)
                chosen, rows = (inner.selection_set, [row[_key(inner)] for row in rows]) if inner else (None, [])
            if data is None:
                points += self._size(node) * (1 + self._selected(chosen, record, None))
            else:
                points += sum(1 + self._selected(chosen, record, row) for row in rows)
        return points

    def _fields(self, chosen: SelectionSetNode | None) -> Iterator[FieldNode]:
        """The fields of a selection, those of its fragments too."""
        for node in chosen.selections if chosen else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._fields(self._fragments[node.name.value].selection_set)
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set)

    def _size(self, node: FieldNode) -> int:
        given = {one.name.value: value_from_ast_untyped(one.value, dict(self._variables)) for one in node.arguments}
        size = given.get("first") or given.get("last")
        return size if isinstance(size, int) and size > 0 else 0  # what else there may be is refused later

    def _included(self, node: FieldNode) -> bool:
        for one in node.directives:
            if one.name.value in {"include", "skip"}:
                wanted = bool(value_from_ast_untyped(one.arguments[0].value, dict(self._variables)))
                if wanted is (one.name.value == "skip"):
                    return False
        return True


def _key(node: FieldNode) -> str:
    """The name that a field has in the answer."""
    return node.alias.value if node.alias else node.name.value


class Bucket:
    """``restore`` points come back every second, ``BUCKET`` seconds' worth of them fit. 0: there is always enough."""

    def __init__(self, restore: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.restore, self._clock = restore, clock
        self.maximum = (restore or 100.0) * BUCKET
        self.clear()

    @property
    def available(self) -> float:
        if not self.restore:
            return self.maximum
        return min(self.maximum, self._level + (self._clock() - self._at) * self.restore)

    def take(self, points: float) -> bool:
        """Take points, or nothing where there are too few."""
        left = self.available
        if points > left:
            return False
        self._level, self._at = left - points, self._clock()
        self.spent += points
        return True

    def give_back(self, points: float) -> None:
        self.spent -= points
        self._level, self._at = min(self.maximum, self.available + points), self._clock()

    def status(self) -> Json:
        restore = self.restore or 100.0
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": float(int(self.available)),
            "restoreRate": restore,
        }

    def clear(self) -> None:
        self.spent = 0.0
        self._level, self._at = self.maximum, self._clock()
