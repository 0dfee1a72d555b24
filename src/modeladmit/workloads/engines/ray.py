"""Ray Serve: `serve run`, whose application holds the model; RayService is read by its kind."""

from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, models, values

ENGINE = Engine(
    name="ray-serve",
    title="Ray Serve",
    images=(r"ray-llm", r"(^|/)rayllm", r"ray-serve", r"anyscale/(ray-llm|aviary)"),
    commands=("serve run", "serve deploy", "serve start"),
    style=Style.EXACT,
    options=(
        values(
            "--host",
            "--port",
            "--address",
            "-a",
            "--app-dir",
            "--working-dir",
            "--runtime-env",
            "--runtime-env-json",
        ),
    ),
    variables=(models("MODEL_ID", "HF_MODEL_ID", form=Form.OWNED, only_text=True),),
    needs_model=False,
)
JOB = Engine(
    name="ray-job",
    title="Ray",
    commands=("ray start", "ray job submit"),
    style=Style.EXACT,
    options=(Option(("--working-dir",), Means.VALUE),),
    needs_model=False,
    serves=False,
)
