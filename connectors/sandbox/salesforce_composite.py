"""Many in one: collections of 200 records with an answer each, and composite requests that refer to each other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.sandbox.salesforce_records import Records
from connectors.sandbox.salesforce_shapes import Denied
from connectors.sandbox.wire import Call, Json, Reply, as_json

MOST_RECORDS, MOST_TYPES, MOST_PARTS, MOST_QUERIES = 200, 10, 25, 5
_REFERENCE = re.compile(r"@\{(\w+)\.(\w+)\}")


class Together:
    """``answer`` carries one request out inside; ``take_back`` undoes everything this request has done so far."""

    def __init__(self, records: Records, answer: Callable[[Call], Reply], take_back: Callable[[], None]) -> None:
        self._records, self._answer, self._take_back = records, answer, take_back

    # ------------------------------------------------------------------------------------------------ collections
    def create(self, call: Call) -> Reply:
        allowed = "allowsave=true" in call.headers.get("sforce-duplicate-rule-header", "").casefold().replace(" ", "")
        return self._each(call, lambda name, row: (self._records.create(name, row, allow_duplicates=allowed), True))

    def update(self, call: Call) -> Reply:
        def one(name: str, row: Json) -> tuple[str, bool]:
            id = str(row.get("id") or row.get("Id") or "")
            if not id:
                raise Denied("MISSING_ARGUMENT", "Id not specified in an update call")
            return self._records.update(name, id, row), False

        return self._each(call, one)

    def upsert(self, call: Call) -> Reply:
        name, field = call.params["entity"], call.params["field"]

        def one(_name: str, row: Json) -> tuple[str, bool]:
            if row.get("id") or row.get("Id"):
                raise Denied("INVALID_FIELD", "Id may not be given in an upsert by external id")
            value = str(row.get(field) or "")
            if not value:
                raise Denied("MISSING_ARGUMENT", f"{field} not specified")
            return self._records.upsert(name, field, value, row)

        return self._each(call, one, created=True)

    def _each(self, call: Call, act: Callable[[str, Json], tuple[str, bool]], *, created: bool = False) -> Reply:
        body = call.json()
        rows = body.get("records")
        if not isinstance(rows, list) or not rows or len(rows) > MOST_RECORDS:
            raise Denied("INVALID_INPUT", f"there are 1 to {MOST_RECORDS} records in a request")
        kinds = [str((row.get("attributes") or {}).get("type")) for row in rows]
        if sum(one != before for one, before in zip(kinds, ["", *kinds], strict=False)) > MOST_TYPES:
            raise Denied("INVALID_INPUT", f"more than {MOST_TYPES} changes of type in a request")
        answers: list[Json] = []
        for name, row in zip(kinds, rows, strict=True):
            try:
                id, made = act(name, row)
                answers.append({"id": id, "success": True, "errors": [], **({"created": made} if created else {})})
            except Denied as denied:
                answers.append({"success": False, "errors": [denied.of_record()]})
        if body.get("allOrNone") and not all(one["success"] for one in answers):
            self._take_back()
            rolled = Denied(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid"
            )
            answers = [{"success": False, "errors": [rolled.of_record()]} if one["success"] else one for one in answers]
        return as_json(answers)

    # ------------------------------------------------------------------------------------------------ composite
    def composite(self, call: Call) -> Reply:
        body = call.json()
        parts = body.get("compositeRequest")
        if not isinstance(parts, list) or not parts or len(parts) > MOST_PARTS:
            raise Denied("INVALID_INPUT", f"there are 1 to {MOST_PARTS} subrequests in a request")
        if sum("/query" in part["url"] or "/composite/sobjects" in part["url"] for part in parts) > MOST_QUERIES:
            raise Denied("LIMIT_EXCEEDED", f"more than {MOST_QUERIES} queries and collections in a request")
        done: dict[str, Any] = {}
        answers: list[Json] = []
        for part in parts:
            answers.append(self._part(call, part, done))
            failed = answers[-1]["httpStatusCode"] >= 300
            if failed and body.get("allOrNone"):
                self._take_back()
                answers = self._halted(parts, answers)
                break
        return as_json({"compositeResponse": answers})

    def _part(self, call: Call, part: Json, done: dict[str, Any]) -> Json:
        try:
            url = urlsplit(str(_filled(part["url"], done)))
            body = _filled(part.get("body"), done)
        except KeyError as missing:
            said = [{"errorCode": "PROCESSING_HALTED", "message": f"Invalid reference specified. {missing.args[0]}"}]
            return {"body": said, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": part["referenceId"]}
        content = b"" if body is None else json.dumps(body).encode()
        headers = {**call.headers, **{key.lower(): value for key, value in part.get("httpHeaders", {}).items()}}
        query = tuple(parse_qsl(url.query, keep_blank_values=True))
        reply = self._answer(Call(part["method"], unquote(url.path), query, headers, content, call.client))
        answer = json.loads(reply.body) if reply.body else None
        if reply.status < 300:
            done[part["referenceId"]] = answer
        shown = {"Location": f"{url.path}/{answer['id']}"} if reply.status == 201 and answer else {}
        return {
            "body": answer,
            "httpHeaders": shown,
            "httpStatusCode": reply.status,
            "referenceId": part["referenceId"],
        }

    def _halted(self, parts: list[Json], answers: list[Json]) -> list[Json]:
        """Every part of a request that failed as a whole: the one that failed with its reason, the others halted."""
        out = []
        for at, part in enumerate(parts):
            if at == len(answers) - 1:
                out.append(answers[at])
                continue
            said = [
                {
                    "errorCode": "PROCESSING_HALTED",
                    "message": "The transaction was rolled back since another operation in the same transaction failed.",
                }
            ]
            out.append({"body": said, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": part["referenceId"]})
        return out


def _filled(value: Any, done: dict[str, Any]) -> Any:
    """A value with every ``@{reference.field}`` replaced. Raises ``KeyError`` for a reference to what was not done."""
    if isinstance(value, dict):
        return {key: _filled(one, done) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, done) for one in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: str(done[found[1]][found[2]]), value)
    return value
