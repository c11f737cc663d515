"""What one complete read has seen so far, and whether it adds up.

A failed read must never look like a shorter catalogue, so every page passes through a ``ReadLedger``. It lets a read
stream: when the system's total moves in the middle, the connector starts over (once) and the ledger holds back
what was already handed out; a record handed out that is gone the second time makes the read incomplete.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import IncompleteRead


class TotalMoved(Exception):
    """The system's total changed while its pages were read: start over."""


class ReadLedger:
    """One read of one kind. ``what`` ("customers") and ``connection`` are for the messages.

    Call ``page`` for every page, ``finish`` at the end and ``restart`` after ``TotalMoved``.
    """

    def __init__(self, connection: str, what: str) -> None:
        self.connection, self.what = connection, what
        self.total: int | None = None
        self.restarts = 0
        self._handed_out: set[str] = set()
        self._seen: set[str] = set()

    @property
    def count(self) -> int:
        """How many different records this pass has seen."""
        return len(self._seen)

    def page(self, ids: Sequence[str], total: int | None, *, repeats: bool = False) -> list[bool]:
        """Enter one page; says for each record whether it is new to whoever reads.

        With ``repeats`` a known id is tolerated (systems without totals); otherwise it raises ``IncompleteRead``.
        Raises ``TotalMoved`` when ``total`` is not what an earlier page said.
        """
        if total is not None:
            if self.total is not None and total != self.total:
                raise TotalMoved
            self.total = total
        fresh: list[bool] = []
        for id in ids:
            if id in self._seen and not repeats:
                raise self.incomplete(f"record {id} came twice: the system repeated a page or changed its order")
            fresh.append(id not in self._seen and id not in self._handed_out)
            self._seen.add(id)
        if self.total is not None and len(self._seen) > self.total:
            raise self.incomplete(f"it sent more records than its total of {self.total}")
        self._handed_out.update(id for id, new in zip(ids, fresh, strict=True) if new)
        return fresh

    def known(self, ids: Sequence[str]) -> bool:
        """Whether all of these were seen in this pass (true for none)."""
        return all(id in self._seen for id in ids)

    def restart(self) -> None:
        """Begin again after ``TotalMoved``; allowed once."""
        if self.restarts:
            raise self.incomplete("its total changed again while reading: records are being added or removed just now")
        self.restarts += 1
        self.total = None
        self._seen = set()

    def finish(self) -> None:
        """The last page was read: everything must add up."""
        if self.total is not None and len(self._seen) != self.total:
            raise self.incomplete(f"it sent {len(self._seen)} of {self.total}")
        gone = self._handed_out - self._seen
        if gone:
            raise self.incomplete(f"{len(gone)} of them disappeared while reading ({', '.join(sorted(gone)[:3])})")

    def incomplete(self, why: str) -> IncompleteRead:
        """The error that says this read does not count."""
        return IncompleteRead(
            f"the list of {self.what} is incomplete: {why}. Nothing was changed and the last complete read is kept. "
            "Read again",
            connection=self.connection,
        )
