"""Environment and file settings, typed; the only reader of os.environ."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from zhuoyu.errors import SpecError


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("zhuoyu", appauthor=False)


class Settings(BaseSettings):
    """What a workspace is and how work runs. Every field reads ``ZHUOYU_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="ZHUOYU_", extra="ignore")

    home: Path = Field(default_factory=_data_folder, description="The workspace: metadata, batches, versions, runs.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite inside the workspace.")
    engine: Literal["native", "daft", "ray"] = Field(
        "native", description="What carries a recipe's stages: threads of this machine, daft's threads, or daft on Ray."
    )
    ray_address: str = Field("", description="A running Ray cluster; empty: a local one is started.")
    max_row_bytes: int = Field(64_000_000, gt=0, description="A row above this is rejected in the reader.")
    shard_bytes: int = Field(256_000_000, gt=0, description="Input per shard, the unit that is committed and resumed.")
    max_error_rate: float = Field(0.01, ge=0, le=1, description="Share of rows an operator may fail on before the run fails.")
    stage_cache_bytes: int = Field(10_000_000_000, ge=0, description="Finished stages kept for reuse; the oldest go first.")
    lease_seconds: float = Field(30.0, gt=0, description="A run whose process says nothing for so long may be taken over.")
    pseudonym_key: SecretStr = Field(SecretStr(""), description="The secret of text.pseudonymize; never recorded.")
    pseudonym_key_file: Path | None = Field(None, description="A file that holds that secret; used when the variable is empty.")
    language: Literal["", "en", "zh"] = Field("", description="Language of the command line; empty: from the locale.")

    @property
    def url(self) -> str:
        """The database in use."""
        return self.database_url or f"sqlite:///{self.home / 'zhuoyu.db'}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; ``settings.cache_clear()`` reads the environment again.

    Raises:
        SpecError: a variable holds a value that it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"ZHUOYU_{str(e['loc'][0]).upper()} is {e['input']!r}: {e['msg']}" for e in error.errors())
        raise SpecError(wrong, fix="set it to such a value, or unset it for the default") from None


def quiet_libraries() -> None:
    """Set what third-party libraries read from the environment; call before importing them.

    daft sends telemetry unless told otherwise; OpenBLAS threads would fight the engine's own; compiled kernels are kept
    once for all workspaces of a user.
    """
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["DAFT_ANALYTICS_ENABLED"] = "0"
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if "NUMBA_CACHE_DIR" not in os.environ:
        from platformdirs import user_cache_path

        os.environ["NUMBA_CACHE_DIR"] = str(user_cache_path("zhuoyu", appauthor=False) / "numba")


def system_language() -> str:
    """``zh`` where the locale is Chinese, else ``en``; ``ZHUOYU_LANGUAGE`` decides first."""
    chosen = settings().language
    if chosen:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"
