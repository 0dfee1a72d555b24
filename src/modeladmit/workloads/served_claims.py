"""The claims that follow from what was said: each with its revision and the way to pin it."""

from dataclasses import replace

from modeladmit.core.workload import Role
from modeladmit.workloads.arguments import Setting
from modeladmit.workloads.claims import Claim, Pinning, Reading, View
from modeladmit.workloads.said import Said
from modeladmit.workloads.tables import Engine, Form, Means
from modeladmit.workloads.text import Word


def claim_role(
    reading: Reading,
    view: View,
    engine: Engine,
    role: Role,
    said: Said,
    hub: str,
    weights: set[str],
    *,
    runs_code: bool,
) -> None:
    """Claim everything that was named for one role."""
    revision, revision_setting = said.revision or (None, None)
    pin_option = _pin_option(engine, role)
    for word, option, setting in said.names:
        if role is Role.TOKENIZER and word.text in weights:
            continue  # the weights' own repository: one artifact, one pin
        json = setting is not None and setting.option.means is Means.JSON
        pinning = Pinning(
            option=pin_option if not json and setting is not None else None,
            variable=engine.pin_variable if setting is None and role is Role.WEIGHTS else None,
            existing=revision,
            existing_flag=None if revision_setting is None else revision_setting.flag,
            anchor=None if setting is None else _anchor(setting),
            member="revision" if json and role is Role.DRAFT else None,
        )
        reading.claims.append(
            Claim(
                role,
                word,
                Form.PATH if option.means is Means.PLUGIN else option.form,
                engine.name,
                view,
                revision if role in {Role.WEIGHTS, Role.TOKENIZER, Role.DRAFT} else None,
                pinning,
                runs_code=runs_code and role is Role.WEIGHTS,
                hub=hub,
                optional=option.only_text,
                filename=None if said.file is None else said.file.text,
            )
        )


def _anchor(setting: Setting) -> Word:
    value = setting.values[-1] if setting.values else setting.flag
    return value if value.whole or value.span else setting.flag


def _pin_option(engine: Engine, role: Role) -> str | None:
    """The engine's option that pins this role: its own, or the general one for weights."""
    if role is Role.WEIGHTS:
        return engine.pin_option
    names = [
        n for o in engine.options if o.means is Means.REVISION and o.role is role for n in o.names
    ]
    return names[0] if names else None


def claim_code(
    reading: Reading, view: View, engine: Engine, roles: dict[Role, Said], flag: Word, hub: str
) -> None:
    """The code that an artifact brings is a reference of its own: same place, other risk, pinned on its own."""
    weights = roles.get(Role.WEIGHTS)
    code = roles.get(Role.CODE)
    if weights is None:
        return
    for word, option, setting in weights.names:
        own = code.revision if code is not None and code.revision is not None else weights.revision
        revision, revision_setting = own or (None, None)
        option_name = (
            _pin_option(engine, Role.CODE)
            if code is not None and code.revision
            else engine.pin_option
        )
        reading.claims.append(
            Claim(
                Role.CODE,
                word.at(flag, whole=word.whole),
                option.form,
                engine.name,
                view,
                revision,
                Pinning(
                    option=option_name if setting is not None else None,
                    variable=engine.pin_variable if setting is None else None,
                    existing=revision,
                    existing_flag=None if revision_setting is None else revision_setting.flag,
                    anchor=None if setting is None else _anchor(setting),
                    inline=False,
                ),
                runs_code=True,
                hub=hub,
                filename=None,
            )
        )


def complete_given(claim: Claim, said: Said | None, engine: Engine, *, code: bool) -> None:
    """The arguments may say which revision of the given weights is meant, and that their code runs."""
    claim.runs_code = claim.runs_code or code
    if said is not None and said.revision is not None and claim.revision is None:
        word, setting = said.revision
        claim.revision = word
        claim.pinning = replace(
            claim.pinning, existing=word, existing_flag=None if setting is None else setting.flag
        )
    elif claim.pinning.append_to is not None and claim.pinning.option is None:
        claim.pinning = replace(claim.pinning, option=engine.pin_option)


def claim_given_code(
    reading: Reading, view: View, engine: Engine, claim: Claim, said: Said | None, flag: Word
) -> None:
    """Claim the code of weights that another field names."""
    own = said.revision if said is not None else None
    reading.claims.append(
        Claim(
            Role.CODE,
            claim.word.at(flag, whole=False),
            claim.form,
            engine.name,
            view,
            own[0] if own is not None else claim.revision,
            claim.pinning
            if own is None
            else replace(
                claim.pinning,
                existing=own[0],
                existing_flag=None if own[1] is None else own[1].flag,
            ),
            runs_code=True,
            hub=claim.hub,
        )
    )
