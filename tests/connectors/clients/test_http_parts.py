"""The small parts: JSON without floats, redaction, options, the ledger of a read, a few requests at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import ReadLedger, Redactor, TotalMoved, each, endpoint
from connectors.http.auth import Token
from connectors.http.options import number
from connectors.http.token_file import TokenFile
from connectors.http.wire import dumps, loads
from engine.errors import IncompleteRead, UsageError
from engine.ports import ConnectionContext


class TestWire:
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
    def test_an_amount_survives_the_round_trip_digit_by_digit(self, amount: Decimal) -> None:
        assert str(Decimal(loads(dumps({"price": amount}))["price"])) == str(amount)

    def test_numbers_come_in_as_decimals(self) -> None:
        assert loads(b'{"a": 0.1, "b": 12}') == {"a": Decimal("0.1"), "b": 12}
        assert isinstance(loads(b"0.1"), Decimal)

    def test_structures_are_spelled_as_json_does(self) -> None:
        value = {"a": [1, True, None, 'say "é"'], "b": {"c": Decimal("10.50")}}
        assert dumps(value) == b'{"a":[1,true,null,"say \\"\\u00e9\\""],"b":{"c":10.50}}'

    def test_an_exponent_never_goes_out(self) -> None:
        assert dumps(Decimal("1E+3")) == b"1000"

    @pytest.mark.parametrize("raw", [b"NaN", b'{"a": Infinity}', b"<html>", b"\xff\xfe", b'{"a":'])
    def test_what_is_no_json_is_refused(self, raw: bytes) -> None:
        with pytest.raises(ValueError):
            loads(raw)

    def test_floats_and_endless_numbers_are_refused(self) -> None:
        with pytest.raises(TypeError, match="never goes on the wire"):
            dumps({"price": 0.1})
        with pytest.raises(ValueError, match="finite"):
            dumps(Decimal("NaN"))


class TestRedactor:
    def test_known_secrets_vanish_wherever_they_stand(self) -> None:
        cleaned = Redactor("hunter22", "hunter22-longer").clean("https://x/?k=hunter22 and hunter22-longer")
        assert "hunter22" not in cleaned

    @pytest.mark.parametrize(
        "text",
        [
            "Authorization: Bearer abc.def-123",
            "authorization: basic dXNlcjpwYXNz",
            '{"user_token": "3746f72b-9852"}',
            '{"token":"ey.J"}',
            "GET /x?api_key=3746f72b&y=1",
        ],
    )
    def test_what_looks_like_a_secret_vanishes_unknown_too(self, text: str) -> None:
        cleaned = Redactor().clean(text)
        assert "***" in cleaned
        assert not any(secret in cleaned for secret in ("abc.def", "dXNlcj", "3746f72b", "ey.J"))

    def test_prose_stays_as_it_is(self) -> None:
        prose = "the token lacks the permission; password: see the panel"
        assert Redactor("us").clean(prose) == prose


def context(**options: str) -> ConnectionContext:
    return ConnectionContext("c", options, str)


class TestOptions:
    def test_loopback_may_be_plain_http(self) -> None:
        assert endpoint(context(base_url="http://127.0.0.1:8000/api/")).base_url == "http://127.0.0.1:8000/api"
        assert endpoint(context(base_url="http://[::1]:8000")).timeout == 30

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "base_url is required"),
            ({"base_url": "example.com"}, "needs a scheme"),
            ({"base_url": "http://example.com"}, "must be https"),
            ({"base_url": "https://me:hunter22@example.com"}, "must not hold credentials"),
            ({"base_url": "https://example.com/?api_key=x"}, "must not have a query"),
            ({"base_url": "https://exa mple.com:port"}, "not a URL"),
            ({"base_url": "https://example.com", "ca_file": "/nowhere.pem"}, "is no file"),
            ({"base_url": "https://example.com", "timeout_seconds": "soon"}, "timeout_seconds must be a number"),
            ({"base_url": "https://example.com", "timeout_seconds": "0"}, "timeout_seconds must be a number above 0"),
        ],
    )
    def test_a_wrong_option_is_named(self, options: dict[str, str], words: str) -> None:
        with pytest.raises(UsageError, match=words) as caught:
            endpoint(context(**options))
        assert "hunter22" not in str(caught.value)

    def test_an_empty_number_means_none(self) -> None:
        assert number(context(), "rate_per_minute", "") is None
        for bad in ("inf", "nan", "-1"):
            with pytest.raises(UsageError):
                number(context(rate_per_minute=bad), "rate_per_minute", "")


class TestLedger:
    def test_a_read_that_adds_up(self) -> None:
        ledger = ReadLedger("c", "customers")
        assert ledger.page(["1", "2"], 3) == [True, True]
        assert ledger.page(["3"], 3) == [True]
        ledger.finish()

    def test_a_repeated_id(self) -> None:
        ledger = ReadLedger("c", "customers")
        ledger.page(["1", "2"], 3)
        with pytest.raises(IncompleteRead, match="record 2 came twice"):
            ledger.page(["2", "3"], 3)

    def test_a_total_that_was_not_reached(self) -> None:
        ledger = ReadLedger("c", "customers")
        ledger.page(["1"], 2)
        with pytest.raises(IncompleteRead, match="1 of 2"):
            ledger.finish()

    def test_more_than_the_total(self) -> None:
        with pytest.raises(IncompleteRead, match="more records than its total of 1"):
            ReadLedger("c", "customers").page(["1", "2"], 1)

    def test_a_moved_total_starts_over_and_hands_nothing_out_twice(self) -> None:
        ledger = ReadLedger("c", "customers")
        ledger.page(["1", "2"], 3)
        with pytest.raises(TotalMoved):
            ledger.page(["2", "3"], 4)
        ledger.restart()
        assert ledger.page(["0", "1"], 4) == [True, False]
        assert ledger.page(["2", "3"], 4) == [False, True]
        ledger.finish()

    def test_a_total_that_moves_twice(self) -> None:
        ledger = ReadLedger("c", "customers")
        ledger.restart()
        with pytest.raises(IncompleteRead, match="changed again"):
            ledger.restart()

    def test_a_record_that_disappeared_after_it_was_handed_out(self) -> None:
        ledger = ReadLedger("c", "customers")
        ledger.page(["1", "2"], 3)
        ledger.restart()
        ledger.page(["2", "3"], 2)
        with pytest.raises(IncompleteRead, match="disappeared while reading \\(1\\)"):
            ledger.finish()


class TestFan:
    async def test_results_come_in_order_and_few_run_at_once(self) -> None:
        running = most = 0

        async def act(item: int) -> int:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return item * 2

        assert await each(range(20), act, width=3) == [item * 2 for item in range(20)]
        assert most == 3

    async def test_the_first_error_stops_the_rest(self) -> None:
        done: list[int] = []

        async def act(item: int) -> None:
            if item == 1:
                raise KeyError(item)
            await asyncio.sleep(0)
            done.append(item)

        with pytest.raises(KeyError):
            await each(range(50), act, width=2)
        assert len(done) < 5


class TestTokenFile:
    def test_only_the_same_account_gets_the_token_back(self, tmp_path: Path) -> None:
        token = Token("ey", 2e9, 1500)
        TokenFile(tmp_path / "t", "url", "me").save(token)
        assert TokenFile(tmp_path / "t", "url", "me").load() == token
        assert TokenFile(tmp_path / "t", "url", "you").load() is None

    def test_its_file_is_the_owners_alone_and_no_half_file_stays(self, tmp_path: Path) -> None:
        TokenFile(tmp_path / "deep" / "t", "me").save(Token("ey", 2e9, 1500))
        assert [path.name for path in (tmp_path / "deep").iterdir()] == ["t"]
        assert (tmp_path / "deep" / "t").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("content", ["", "{}", "[1]", '{"account": 1}', "\x00"])
    def test_a_damaged_file_counts_as_none(self, tmp_path: Path, content: Any) -> None:
        file = tmp_path / "t"
        file.write_text(content)
        file.chmod(0o600)
        assert TokenFile(file, "me").load() is None

    def test_a_file_that_others_can_read_is_not_trusted(self, tmp_path: Path) -> None:
        TokenFile(tmp_path / "t", "me").save(Token("ey", 2e9, 1500))
        (tmp_path / "t").chmod(0o644)
        assert TokenFile(tmp_path / "t", "me").load() is None

    def test_a_token_is_given_up_a_little_before_its_end(self) -> None:
        assert Token("ey", 1000.0, 1500).usable(939)
        assert not Token("ey", 1000.0, 1500).usable(941)
        assert Token("ey", 1000.0, 10).usable(997)
        assert not Token("ey", 1000.0, 10).usable(999)
