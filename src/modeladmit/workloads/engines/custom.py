"""Programs that are nobody's known server and run models all the same: `--model_name_or_path`, `MODEL_ID`.

Used only where something else says that the container is inference or training: the same names stand in clients.
"""

from modeladmit.core.workload import Role
from modeladmit.workloads.tables import Engine, Form, Means, Option, code, many, models, revision, values

ENGINE = Engine(
    name="custom",
    title="a program of its own",
    options=(
        models("--model-path", "--model_path", "--model-id", "--model_id", "--model_name_or_path", "--model-name-or-path", "--pretrained_model_name_or_path", "--pretrained-model-name-or-path", "--pretrained",
               "--base_model", "--base-model", "--hf-model", "--hf_model", "--hf_model_id", "--model-repo", "--repo-id", "--repo_id", "--hf-repo", "--model-uri", "--model_uri", "--model-url", "--base_model_name_or_path"),
        models("--model", "-m", form=Form.OWNED, only_text=True),
        models("--ckpt_dir", "--ckpt-dir", "--checkpoint_path", "--checkpoint-path", "--ckpt-path", "--ckpt_path", "--ckpt", "--checkpoint_dir", "--model-dir", "--model_dir", "--weights", "--engine_dir", "--engine-dir", "--triton_model_repo_dir", "--model_repo_dir", "--model-repository", "--model_repository", form=Form.PATH),
        revision("--revision", "--model-revision", "--model_revision"),
        models("--tokenizer", "--tokenizer_path", "--tokenizer-path", "--tokenizer_dir", "--tokenizer_name_or_path", role=Role.TOKENIZER),
        models("--lora_path", "--lora-path", "--adapter_path", "--adapter-path", "--adapter_name_or_path", "--lora_weights", "--lora-weights", "--adapter", "--peft_model_id", role=Role.ADAPTER),
        models("--draft-model", "--draft_model", "--draft_model_name_or_path", "--speculative-model", role=Role.DRAFT),
        many(models("--lora-modules", role=Role.ADAPTER), keyed=True),
        code("--trust-remote-code", "--trust_remote_code"),
        Option(("--served-model-name", "--model-name", "--model_name", "--output_dir", "--output-dir", "--save_dir", "--checkpoint-file", "--save-path", "--log_dir", "--dataset", "--dataset_name", "--data_path", "--image", "--image-path", "--prompt", "--task", "--host",
                "--port", "--size", "--frame_num", "--seed", "--dtype", "--device", "--config", "--config-file", "--hub_model_id", "--resume", "--base_output_directory", "--cache-dir", "--cache_dir"), Means.VALUE),
        values("--per_device_train_batch_size", "--learning_rate", "--num_train_epochs", "--max_seq_length"),
    ),
    variables=(
        models("MODEL_ID", "HF_MODEL_ID", "MODEL_REPO", "HF_MODEL", "HF_MODEL_NAME", "HF_MODEL_REPO", "HUGGINGFACE_MODEL", "HUGGINGFACE_MODEL_ID", "MODEL_REPO_ID", "HF_REPO", "HF_REPO_ID", "BASE_MODEL", "BASE_MODEL_ID", "BASE_MODEL_NAME", "PRETRAINED_MODEL_NAME_OR_PATH",
               "MODEL_NAME_OR_PATH", "LLM_MODEL_ID", "MODEL", "MODEL_PATH", "MODEL_URI", "MODEL_URL", "MODEL_LOCATION", "MODEL_DIR", "CHECKPOINT_PATH", "CKPT_PATH", "CHECKPOINT_DIR", "MODEL_WEIGHTS", "STORAGE_URI", "MODEL_NAME", "COMPILED_MODEL_ID", form=Form.OWNED, only_text=True),
        models("LORA_PATH", "ADAPTER_PATH", "ADAPTER_ID", "LORA_ADAPTER", "LORA_MODEL_ID", "PEFT_MODEL_ID", role=Role.ADAPTER, form=Form.OWNED, only_text=True),
        models("DRAFT_MODEL", "DRAFT_MODEL_ID", "SPECULATIVE_MODEL", role=Role.DRAFT, form=Form.OWNED, only_text=True),
        models("TOKENIZER_PATH", "TOKENIZER_ID", "TOKENIZER", role=Role.TOKENIZER, form=Form.OWNED, only_text=True),
        revision("MODEL_REVISION", "HF_REVISION"),
        code("TRUST_REMOTE_CODE", "HF_TRUST_REMOTE_CODE"),
    ),
    needs_model=False,
)

TRAINING = Engine(
    name="training",
    title="a training program",
    commands=("trl *", "llamafactory-cli *", "axolotl *", "-m axolotl.cli.*", "tune run", "autotrain *", "litgpt finetune*", "swift sft", "swift pt", "torchtune *"),
    options=(ENGINE.options[0], models("--model", "-m", "--model_id_or_path"), *ENGINE.options[2:]),
    variables=ENGINE.variables,
    needs_model=False,
    serves=False,
)
