"""What goes wrong in the background work of a screen is told there, never lost together with the worker."""

from __future__ import annotations

from textual.message_pump import MessagePump
from textual.worker import Worker, WorkerState

from tui.widgets.access import console_of


class Reports(MessagePump):
    """For screens and widgets with workers that do not end the console (``exit_on_error=False``).

    Textual only logs what such a worker raises: whoever pressed the key would wait for ever.
    """

    HEADING: str = ""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show the error of a worker that failed; a console that is closing tells nobody."""
        error, console = event.worker.error, console_of(self)
        if (
            event.state is WorkerState.ERROR
            and error is not None
            and console.is_running
            and not console.bridge.stopping
        ):
            console.report(error, self.HEADING or "Not finished")
