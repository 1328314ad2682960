"""The settings, read once from the environment and ``.env``, each with its sentence.

``python -m bot.config`` prints ``.env.example``; a test holds the file against this module.
"""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingError

_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything that can be set; the names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    slack_bot_token: str = Field(
        "",
        repr=False,
        description="Jeton du robot (xoxb-…), page « OAuth & Permissions » de l'application Slack.",
    )
    slack_app_token: str = Field(
        "",
        repr=False,
        description="Jeton d'application (xapp-…, portée connections:write), page « Basic "
        "Information ».",
    )
    slack_signing_secret: str = Field(
        "",
        repr=False,
        description="Secret de signature de l'application ; inutile en Socket Mode.",
    )
    slack_api_url: str = Field(
        "https://slack.com/api/",
        description="Adresse de l'API Slack ; à changer seulement pour un Slack de remplacement.",
    )
    slack_connections: int = Field(
        2,
        ge=1,
        le=10,
        description="Connexions Socket Mode ouvertes ensemble ; à deux, un renouvellement ne perd "
        "rien.",
    )
    tocsin_data_dir: Path = Field(
        Path("data"),
        description="Dossier de tout ce que Tocsin écrit : base, index, clés, fichiers.",
    )
    tocsin_key_file: str = Field(
        "",
        description="Clé qui signe la main courante ; vide : keys/tocsin.pem dans le dossier de "
        "données. Créée au premier lancement, à garder hors de la base.",
    )
    tocsin_key_name: str = Field(
        "tocsin",
        pattern=r"^[^\s+]+$",
        description="Nom sous lequel la clé signe, par exemple ch-exemple.fr/tocsin.",
    )
    database_url: str = Field(
        "",
        repr=False,
        description="Base de données ; vide : SQLite dans le dossier de données. Sinon "
        "postgresql://…",
    )
    tocsin_playbooks_dir: Path = Field(
        _ROOT / "playbooks", description="Dossier des playbooks de l'établissement."
    )
    tocsin_knowledge_dir: Path = Field(
        _ROOT / "knowledge",
        description="Dossier des retours d'expérience et des repères.",
    )
    tocsin_capture: str = Field(
        "tout",
        pattern="^(tout|consignes)$",
        description="Messages du canal à journaliser : tout, ou seulement les messages consignés "
        "(consignes).",
    )
    tocsin_embeddings: str = Field(
        "hachage",
        description="Vecteurs de la recherche ; hachage : sans téléchargement. Sinon un modèle "
        "LangChain (fournisseur:modèle).",
    )
    tocsin_model: str = Field(
        "",
        description="Modèle de langage pour reformuler les réponses (fournisseur:modèle, par "
        "LangChain) ; vide : aucun.",
    )
    tocsin_model_url: str = Field(
        "", description="Adresse du modèle, pour un serveur interne ; vide : celle du fournisseur."
    )
    tocsin_model_key: str = Field("", repr=False, description="Clé d'accès au modèle.")
    tocsin_log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Détail du journal technique : DEBUG, INFO, WARNING ou ERROR.",
    )

    @property
    def database(self) -> str:
        """URL of the database, the embedded one by default."""
        return self.database_url or f"sqlite:///{(self.tocsin_data_dir / 'tocsin.db').resolve()}"

    @property
    def key_file(self) -> Path:
        """Where the signing key lives."""
        own = self.tocsin_key_file
        return Path(own) if own else self.tocsin_data_dir / "keys" / "tocsin.pem"

    def require_slack(self) -> None:
        """Raise ``SettingError``, naming what is missing or has the wrong shape."""
        _require("SLACK_BOT_TOKEN", self.slack_bot_token, "xoxb-")
        _require("SLACK_APP_TOKEN", self.slack_app_token, "xapp-")


def _require(name: str, value: str, prefix: str) -> None:
    what = Settings.model_fields[name.lower()].description
    if not value:
        raise SettingError(f"Il manque {name} dans .env ou l'environnement. {what}")
    if not value.startswith(prefix):
        raise SettingError(f"{name} devrait commencer par « {prefix} ». {what}")


def load(**overrides: Any) -> Settings:
    """Read the settings; a wrong one raises ``SettingError`` with its name and what to do."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        known = Settings.model_fields.get(name.lower())
        what = known.description if known else ""
        raise SettingError(f"Réglage {name} incorrect. {what}") from error


def example() -> str:
    """The text of ``.env.example``: every setting, its sentence and its default."""
    lines = [
        "# Réglages de Tocsin. Copiez ce fichier en « .env » et remplissez ce qui est utile.",
        "# Ce fichier est engendré par « python -m bot.config » : ne le modifiez pas à la main.",
    ]
    for name, field in Settings.model_fields.items():
        default = (
            ""
            if isinstance(field.default, Path) and field.default.is_absolute()
            else (field.default)
        )
        lines += ["", f"# {field.description}", f"{name.upper()}={default}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(example(), end="")
