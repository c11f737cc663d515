"""QuickBooks' envelopes and faults."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.wire import Json, Refused, Reply, as_json

VALIDATION, AUTHENTICATION, AUTHORIZATION, SYSTEM = (
    "ValidationFault",
    "AUTHENTICATION",
    "AuthorizationFault",
    "SystemFault",
)
#: Code -> message, as Intuit's list of error codes has them.
MESSAGES = {
    "610": "Object Not Found",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2050": "String length is either shorter or longer than supported by specification",
    "2500": "Invalid Reference Id",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6210": "Duplicate Document Number Error",
    "6240": "Duplicate Name Exists Error",
    "10000": "An application error has occurred while processing your request",
    "-10600": "We're sorry, we couldn't adjust the stock starting value",
}


class Faulted(Exception):
    """Ends one operation (a request, or one entry of a batch) with a fault."""

    def __init__(self, code: str, detail: str, element: str = "") -> None:
        super().__init__(code)
        self.fault = fault(code, detail, element)


def fault(code: str, detail: str, element: str = "", kind: str = VALIDATION) -> Json:
    message = MESSAGES.get(code, "message")
    return {"Error": [{"Message": message, "Detail": detail, "code": code, "element": element}], "type": kind}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def answer(content: Json, status: int = 200) -> Reply:
    """A document with its time, and the id that Intuit's support asks for."""
    return as_json({**content, "time": now()}, status, (("intuit_tid", f"1-sbx-{uuid.uuid4().hex[:20]}"),))


def refused(status: int, content: Json) -> Refused:
    return Refused(answer(content, status))


def unauthorized() -> Refused:
    """401 as the gateway in front spells it: keys in lower case."""
    error = {
        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "detail": "",
        "code": "3200",
        "element": None,
    }
    return Refused(
        as_json({"warnings": None, "fault": {"error": [error], "type": AUTHENTICATION}, "report": None}, 401)
    )


def wrong_company() -> Refused:
    error = {
        "message": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
        "detail": "",
        "code": "3100",
        "element": None,
    }
    return Refused(as_json({"fault": {"error": [error], "type": AUTHORIZATION}}, 403))


def as_xml() -> Reply:
    """What a request without ``Accept: application/json`` gets."""
    page = b'<?xml version="1.0" encoding="UTF-8"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"/>'
    return Reply(200, page, (("content-type", "application/xml;charset=UTF-8"),))


def ref(value: Any, name: str = "") -> Json:
    return {"value": str(value), "name": name} if name else {"value": str(value)}
