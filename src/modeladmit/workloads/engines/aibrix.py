"""AIBrix's runtime: a sidecar that manages the engine beside it, and loads what it is asked to."""

from modeladmit.workloads.tables import Engine, Style, values

RUNTIME = Engine(
    name="aibrix-runtime",
    title="AIBrix runtime",
    commands=("aibrix_runtime", "-m aibrix.app"),
    style=Style.EXACT,
    options=(values("--port", "--host"),),
    needs_model=False,
    runtime="the AIBrix runtime downloads models and adapters on request; nothing in the object limits which",
)
