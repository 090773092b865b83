"""``python -m ml.worker``: a process that answers frames from the queue until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import uvloop

from ml import precision, queue
from ml.compute import Network
from ml.cores import usable_cores
from ml.measures import Measures
from ml.renewal import Renewal, Watched
from ml.serving import Serving
from ml.shadow import BadShadow, Shadow, ShadowMeasures, shadow_command

log = logging.getLogger("ml.worker")

_GRACE_S: Final = 5.0  # for the batches in hand, once it is to stop
# Drawing lets go of Python's lock for moments too short for the loop to take it. After this long it
# has to: a batch's answers would wait for as long as the batch took to compute.
_SWITCH_S: Final = 0.0005
_EPILOG: Final = """\
Any number of workers may serve one Redis; each takes what the others leave. SIGTERM and SIGINT
finish the batches in hand first, for five seconds at the most; SIGHUP loads the weights again.
Defaults come from REDIS_URL, WEIGHTS, DEVICE, PRECISION, WORKER_THREADS, WATCH, SHADOW and
METRICS_PORT.
"""


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command-line ``arguments``, by default the process' own; ``--help`` prints and exits."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.worker",
        description="Recognise drawings: frames from Redis Streams in, guesses out, in batches.",
        epilog=_EPILOG,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    environment = os.environ
    parser.add_argument(
        "--redis-url",
        default=environment.get("REDIS_URL") or "redis://localhost:6379/0",
        metavar="URL",
        help="Redis that the servers use: redis://, rediss:// or unix://",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=environment.get("WEIGHTS") or Path(__file__).parent / "weights",
        metavar="DIR",
        help="folder with config.json and model.safetensors",
    )
    parser.add_argument(
        "--device",
        default=environment.get("DEVICE") or "auto",
        help="auto, cpu, cuda, cuda:N or mps",
    )
    parser.add_argument(
        "--precision",
        default=environment.get("PRECISION") or "auto",
        choices=precision.CHOICES,
        help="auto is int8 on CPUs made for it, bf16 on GPUs",
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=environment.get("WORKER_THREADS") or 0,
        metavar="N",
        help="CPU threads of the network; 0 takes all cores it may use but one",
    )
    parser.add_argument(
        "--max-batch", type=int, default=64, metavar="N", help="most frames in one forward pass"
    )
    parser.add_argument(
        "--watch",
        action=argparse.BooleanOptionalAction,
        default=environment.get("WATCH", "").lower() in {"1", "true", "yes"},
        help="use a new checkpoint in the folder as soon as it is there",
    )
    parser.add_argument(
        "--shadow",
        type=Path,
        default=environment.get("SHADOW") or None,
        metavar="DIR",
        help="checkpoint that judges live frames as well, beside the game: see ml.compare",
    )
    parser.add_argument(
        "--metrics-port",
        type=int,
        default=environment.get("METRICS_PORT") or 0,
        metavar="N",
        help="answer Prometheus there; 0 does not",
    )
    parser.add_argument(
        "--metrics-host",
        default=environment.get("METRICS_HOST") or "127.0.0.1",
        metavar="HOST",
        help="address of that port; 0.0.0.0 for other machines",
    )
    parser.add_argument(
        "--exit-with-stdin",
        action="store_true",
        help="stop when standard input ends, as it does when a parent process dies",
    )
    parser.add_argument(
        "--log-level", default="info", choices=("debug", "info", "warning", "error"), help="lines"
    )
    return parser.parse_args(arguments)


def load_engine(options: argparse.Namespace) -> Network:
    """The trained network that ``options`` name."""
    # Not at the top: --help, and a worker of another network, can do without.
    from ml.engine import Engine  # noqa: PLC0415

    return Engine.load(
        options.weights,
        device=options.device,
        threads=threads_of(options),
        precision=options.precision,
    )


def threads_of(options: argparse.Namespace) -> int:
    """CPU threads of the network, with the 0 of ``--threads`` worked out."""
    chosen: int = options.threads
    return chosen or max(1, usable_cores() - 1)


def main(
    arguments: Sequence[str] | None = None,
    load: Callable[[argparse.Namespace], Network] = load_engine,
) -> int:
    """Run a worker until it is stopped; returns the exit status."""
    options = read_arguments(arguments)
    logging.basicConfig(
        level=options.log_level.upper(), stream=sys.stderr, format="%(levelname)s %(message)s"
    )
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while it loads there is nothing to finish
    parent = _Parent()
    if options.exit_with_stdin:
        parent.watch()
    try:
        network = load(options)
    except (OSError, ValueError) as error:
        log.error("the network in %s cannot be used: %s", options.weights, error)
        return 1
    network.warm_up()
    sys.setswitchinterval(_SWITCH_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(options, network, parent, lambda: load(options)))


async def _serve(
    options: argparse.Namespace, network: Network, parent: _Parent, load: Callable[[], Network]
) -> int:
    measures = Measures()
    try:
        shadow = await _shadow(options, network, measures)
    except BadShadow as problem:
        log.error("the checkpoint in %s cannot be a shadow: %s", options.shadow, problem)
        return 1
    heartbeat = queue.Heartbeat(
        consumer=f"{socket.gethostname()}-{os.getpid()}",
        model=network.model_hash,
        raster=network.raster_version,
        device=str(getattr(network, "device", options.device)),
        pid=os.getpid(),
        started_ms=time.time_ns() // 1_000_000,
    )
    redis = queue.connect(options.redis_url)
    serving = Serving(
        redis,
        network,
        heartbeat,
        options.max_batch,
        measures,
        answered=shadow.offer if shadow is not None else lambda _: None,
    )
    renewal = Renewal(serving, load, Watched(options.weights) if options.watch else None)
    loop = asyncio.get_running_loop()
    giving_up: list[asyncio.TimerHandle] = []

    def stop() -> None:
        serving.stop()
        giving_up.append(loop.call_later(_GRACE_S, _give_up))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, renewal.ask)
    parent.when_gone(lambda: loop.call_soon_threadsafe(serving.stop))
    stop_metrics = _measured(measures, options)
    log.info("ready: model %s on %s", heartbeat.model, heartbeat.device)
    renewing = asyncio.create_task(renewal.run(), name="renewal")
    try:
        await serving.run()
    finally:
        for timer in giving_up:
            timer.cancel()
        renewing.cancel()
        await asyncio.wait([renewing])
        parent.when_gone(None)
        stop_metrics()
        if shadow is not None:
            await shadow.stop()
        await redis.aclose()
    log.info("stopped: %d frames answered", serving.heartbeat.answered)
    return 0


def _give_up() -> None:
    """End at once: the frames in hand are found by other workers, or asked about again."""
    log.error("Redis did not take the last answers within %.0f s; ending without", _GRACE_S)
    os._exit(1)


async def _shadow(
    options: argparse.Namespace, network: Network, measures: Measures
) -> Shadow | None:
    """The second network, where one is asked for. Raises ``BadShadow`` if it does not fit."""
    if options.shadow is None:
        return None
    # Whoever serves on a GPU in bf16 is more like fp32 than like a CPU's eight bits.
    on_cpu = getattr(network, "device", "cpu") == "cpu"
    command = shadow_command(options.shadow, options.precision if on_cpu else "fp32")
    shadow = Shadow(command, options.redis_url, ShadowMeasures(measures.registry))
    described = await shadow.start(network)
    log.info("in its shadow: model %s", described.model)
    return shadow


def _measured(measures: Measures, options: argparse.Namespace) -> Callable[[], None]:
    """Serve the metrics if ``options`` say so; figures are never worth a game."""
    if options.metrics_port:
        try:
            return measures.serve(options.metrics_host, options.metrics_port)
        except OSError as error:
            log.error("no metrics on port %d: %s", options.metrics_port, error)
    return lambda: None


class _Parent:
    """The process at the other end of standard input.

    When it is gone, whatever this process is in the middle of, it ends: at once while it is still
    starting, after the batch in hand otherwise.
    """

    def __init__(self) -> None:
        self._stop: Callable[[], object] | None = None

    def watch(self) -> None:
        """Begin to watch, in a thread of its own."""
        threading.Thread(target=self._watch, name="parent", daemon=True).start()

    def when_gone(self, stop: Callable[[], object] | None) -> None:
        """Call ``stop`` when the parent is gone."""
        self._stop = stop

    def _watch(self) -> None:
        while os.read(0, 4096):
            pass
        stop = self._stop
        if stop is not None:
            stop()
            time.sleep(_GRACE_S)
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
