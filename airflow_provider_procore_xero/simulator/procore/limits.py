"""Procore's two rate windows: a spike window of ten seconds and one of an hour."""

from __future__ import annotations

from dataclasses import dataclass

from ..clock import Clock

HOUR_SECONDS = 3600


@dataclass
class Window:
    """A fixed window: it starts with the first call after the last one's end, from zero.

    Where the real windows start is not published; what counts is the time that an answer names.
    """

    seconds: int
    started: int = 0
    used: int = 0

    def roll(self, now: float) -> None:
        if not self.started <= now < self.reset:
            self.started, self.used = int(now), 0

    @property
    def reset(self) -> int:
        """Epoch seconds at which the window starts anew."""
        return self.started + self.seconds


class RateLimits:
    """Counts calls; says which window is nearer to its end, in the headers of each answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spike = Window(10)
        self._hour = Window(HOUR_SECONDS)

    def count(
        self, *, spike: int, spike_seconds: int, hourly: int, enforced: bool
    ) -> tuple[bool, dict[str, str]]:
        """Whether one more call is allowed, and the headers that its answer carries.

        A refused call does not count.
        """
        self._spike.seconds = spike_seconds
        now = self._clock.now().timestamp()
        windows = ((self._spike, spike), (self._hour, hourly))
        for window, _ in windows:
            window.roll(now)
        full = [w for w, limit in windows if w.used >= limit] if enforced else []
        if enforced and not full:
            for window, _ in windows:
                window.used += 1
        # The fuller window is described; of two full ones, the one that lasts longer.
        window, limit = min(windows, key=lambda w: (w[1] - w[0].used, -w[0].seconds))
        headers = {
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(max(limit - window.used, 0)),
            "X-Rate-Limit-Reset": str(window.reset),
        }
        if full:
            headers["Retry-After"] = str(max(1, int(max(w.reset for w in full) - now + 0.999)))
        return not full, headers
