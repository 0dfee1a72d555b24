"""Servers of single models: TensorFlow Serving, TorchServe, MLServer, OpenVINO, Seldon and KServe wrappers."""

from typing import Final

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, Style, models, switches, values

TF_SERVING = Engine(
    name="tf-serving",
    title="TensorFlow Serving",
    images=(
        r"tensorflow/serving",
        r"tf-?serving",
        r"tensorflow-serving",
        r"tensorflow_serving",
        r"tensorflow-inference",
    ),
    exclude_images=(r"client",),
    commands=(
        "tensorflow_model_server",
        "/usr/bin/tf_serving_entrypoint.sh",
        "tf_serving_entrypoint.sh",
    ),
    style=Style.EXACT,
    options=(
        models("--model_base_path", form=Form.PATH),
        Option(
            ("--model_config_file",),
            Means.TEXT_PROTO,
            members=(Option(("base_path",), form=Form.PATH),),
        ),
        Option(
            ("--model_config_file_poll_wait_seconds",),
            Means.LOADING,
            when=("1", "5", "10", "30", "60", "120", "300"),
        ),
        values(
            "--port",
            "--rest_api_port",
            "--model_name",
            "--monitoring_config_file",
            "--batching_parameters_file",
            "--tensorflow_session_parallelism",
            "--file_system_poll_wait_seconds",
            "--rest_api_timeout_in_ms",
            "--grpc_max_threads",
            "--max_num_load_retries",
            "--tensorflow_intra_op_parallelism",
            "--tensorflow_inter_op_parallelism",
            "--per_process_gpu_memory_fraction",
            "--grpc_channel_arguments",
        ),
        switches("--enable_batching", "--allow_version_labels_for_unavailable_models"),
    ),
    variables=(
        models("MODEL_NAME", form=Form.PATH, within=("MODEL_BASE_PATH", "/models")),
        Option(("MODEL_BASE_PATH",), Means.STORE, form=Form.PATH),
    ),
    signal_options=("--model_base_path", "--rest_api_port", "--model_config_file"),
)

_HOME: Final = "/home/model-server"
_STORE: Final = f"{_HOME}/model-store"
"""Where the image keeps models when nobody says otherwise. docs/configuration.md of TorchServe."""

TORCHSERVE = Engine(
    name="torchserve",
    title="TorchServe",
    images=(r"torchserve", r"pytorch-serve", r"pytorch/serve"),
    exclude_images=(r"client|kfs-transformer",),
    commands=("torchserve",),
    options=(
        Option(
            ("--models", "--load-models"),
            form=Form.PATH,
            many=True,
            keyed=True,
            separator=",",
            stored=_STORE,
        ),
        Option(("--model-store",), Means.STORE, form=Form.PATH),
        Option(("--ts-config",), Means.PROPERTIES, assumed=f"{_HOME}/config.properties"),
        Option(
            ("--model-snapshot",),
            Means.JSON,
            members=(Option(("models.*.*.marName",), form=Form.PATH, stored=_STORE),),
        ),
        values(
            "--workflow-store", "--plugins-path", "--log-config", "--ncs-port", "--cpp-log-config"
        ),
        switches(
            "--start", "--foreground", "--ncs", "--no-config-snapshots", "--disable-token-auth"
        ),
        Option(("--enable-model-api", "--model-api-enabled"), Means.LOADING),
    ),
    variables=(
        Option(("TS_MODEL_STORE", "MODEL_STORE"), Means.STORE, form=Form.PATH),
        models("TS_LOAD_MODELS", form=Form.PATH, separator=",", keyed=True, stored=_STORE),
        Option(("TS_CONFIG_FILE",), Means.PROPERTIES),
    ),
    signal_options=("--model-store", "--ts-config"),
)

MLSERVER = Engine(
    name="mlserver",
    title="MLServer",
    images=(r"(^|/)mlserver(-[a-z]+)?$", r"seldonio/mlserver"),
    commands=("mlserver start", "mlserver"),
    style=Style.EXACT,
    options=(),
    positional=Option(
        ("folder",),
        Means.STORE,
        form=Form.PATH,
        documents=(
            Option(
                ("model-settings.json",),
                Means.DOCUMENT,
                members=(
                    Option(("parameters.uri",), form=Form.PATH),
                    Option(("parameters.extra.pretrained_model",)),
                    Option(("parameters.extra.pretrained_tokenizer",), role=Role.TOKENIZER),
                ),
            ),
        ),
    ),
    variables=(
        models("MLSERVER_MODEL_URI", form=Form.PATH),
        models("MLSERVER_MODELS_DIR", form=Form.PATH),
        Option(("MLSERVER_MODEL_IMPLEMENTATION",), Means.VALUE, Role.CODE),
    ),
)

OPENVINO = Engine(
    name="openvino",
    title="OpenVINO Model Server",
    images=(
        r"openvino/model_server",
        r"(^|/)ovms",
        r"openvino-model-server",
        r"openvino_model_server",
        r"(^|/)model_server$",
    ),
    commands=("ovms",),
    style=Style.EXACT,
    options=(
        models("--model_path", form=Form.PATH),
        models("--source_model"),
        models("--draft_source_model", role=Role.DRAFT),
        Option(("--model_repository_path",), Means.STORE, form=Form.PATH),
        Option(
            ("--config_path",),
            Means.DOCUMENT,
            members=(
                Option(("model_config_list[].config.base_path",), form=Form.PATH),
                Option(("mediapipe_config_list[].base_path",), form=Form.PATH),
            ),
        ),
        values(
            "--model_name",
            "--port",
            "--rest_port",
            "--target_device",
            "--plugin_config",
            "--task",
            "--grpc_workers",
            "--rest_workers",
            "--log_level",
            "--nireq",
            "--shape",
            "--batch_size",
            "--file_system_poll_wait_seconds",
            "--layout",
        ),
        switches("--pull", "--metrics_enable", "--stateful"),
    ),
    signal_options=("--model_path", "--source_model", "--target_device"),
)

BENTOML = Engine(
    name="bentoml",
    title="BentoML",
    images=(r"(^|/)bentoml/", r"(^|/)openllm", r"(^|/)yatai-bentos"),
    exclude_images=(r"yatai|operator|deployment|bentoctl",),
    commands=("bentoml serve", "bentoml serve-http", "openllm serve", "openllm start"),
    options=(
        models("--model-id"),
        values("--port", "--host", "--working-dir", "--api-workers"),
        switches("--production", "--reload"),
    ),
    variables=(models("OPENLLM_MODEL_ID"),),
    image_is_model=True,
)

SELDON_CORE = Engine(
    name="seldon-core-microservice",
    title="Seldon Core microservice",
    images=(r"seldonio/(sklearnserver|mlflowserver|xgboostserver|tfserving-proxy)",),
    commands=("seldon-core-microservice",),
    style=Style.EXACT,
    options=(values("--service-type", "--persistence", "--parameters"),),
    variables=(),
    image_is_model=True,
)

ALIBI = Engine(
    name="alibi",
    title="Alibi detectors and explainers",
    images=(
        r"alibi-?detect",
        r"alibi-?explain",
        r"alibiexplainer",
        r"alibi-explainer",
        r"odserver|adserver|cdserver",
    ),
    commands=("-m adserver", "-m alibiexplainer", "-m odserver"),
    options=(
        models("--storage_uri", form=Form.PATH),
        values(
            "--model_name",
            "--http_port",
            "--protocol",
            "--event_source",
            "--event_type",
            "--predictor_host",
            "--reply_url",
            "--elasticsearch_url",
        ),
    ),
    signal_options=("--storage_uri",),
)

PADDLE = Engine(
    name="paddle",
    title="Paddle Serving",
    images=(r"paddle.*serving", r"fastdeploy", r"paddleserver", r"paddlex"),
    commands=("-m paddle_serving_server.serve", "-m fastdeploy.entrypoints.openai.api_server"),
    options=(
        models("--model"),
        values("--port", "--thread", "--metrics-port", "--max-model-len", "--max-num-seqs"),
    ),
    image_is_model=True,
)
