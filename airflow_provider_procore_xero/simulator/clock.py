"""The pretend world's time: real time plus an offset, or frozen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC moments; everything in the simulator that needs "now" asks here."""

    def __init__(self, at: datetime | None = None) -> None:
        """Run with real time, or stand still at *at*."""
        self._frozen: datetime | None = None
        self._offset = timedelta()
        if at is not None:
            self.freeze(at)

    def now(self) -> datetime:
        if self._frozen is not None:
            return self._frozen
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move time on; a frozen clock stays frozen at the later moment."""
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)
        else:
            self._offset += timedelta(seconds=seconds)

    def freeze(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("The simulator's moments are aware; give the time a zone.")
        self._frozen = at.astimezone(UTC)

    def thaw(self) -> None:
        """Let time run again, from where it stands now."""
        if self._frozen is not None:
            self._offset = self._frozen - datetime.now(UTC)
            self._frozen = None
