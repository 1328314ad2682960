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
    tocsin_mode: str = Field(
        "socket",
        pattern="^(socket|http)$",
        description="Comment Slack nous joint : socket (Socket Mode, aucun port ouvert), ou http, "
        "derrière un mandataire TLS de l'établissement, signature vérifiée.",
    )
    tocsin_http_port: int = Field(
        3000,
        ge=1,
        le=65535,
        description="En mode http : port écouté sur 127.0.0.1 ; l'adresse à donner à Slack finit "
        "par /slack/events.",
    )
    tocsin_teams: str = Field(
        "",
        pattern=r"^\s*([TEte][A-Za-z0-9]+\s*(,\s*|$))*$",
        description="Autres espaces de travail admis : identifiants Slack (T…), séparés par des "
        "virgules. Les demandes de tout autre espace sont refusées.",
    )
    tocsin_guests: str = Field(
        "non",
        pattern="^(oui|non)$",
        description="Laisser agir les invités de l'espace et les personnes d'une autre "
        "organisation (oui ou non). Ce qu'ils disent dans le canal est consigné dans tous les cas.",
    )
    tocsin_shared: str = Field(
        "non",
        pattern="^(oui|non)$",
        description="Répondre aussi dans un canal partagé avec une autre organisation (oui ou "
        "non).",
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
    chroma_url: str = Field(
        "",
        repr=False,
        pattern=r"^(https?://\S+)?$",
        description="Serveur Chroma à partager entre plusieurs processus (http://machine:port) ; "
        "vide : index dans le dossier de données.",
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
    tocsin_keep_files: str = Field(
        "non",
        pattern="^(oui|non)$",
        description="Garder une copie des fichiers déposés dans le canal (oui ou non), dans le "
        "dossier de données, sous « files ». Leur empreinte est consignée dans tous les cas.",
    )
    tocsin_keep_files_mb: int = Field(
        100,
        ge=1,
        le=2048,
        description="Taille, en Mo, du plus gros fichier dont une copie est gardée.",
    )
    tocsin_auditors: str = Field(
        "",
        pattern=r"^\s*([UWSuws][A-Za-z0-9]+\s*(,\s*|$))*$",
        description="Auditeurs : identifiants Slack de personnes (U…) ou de groupes (S…), séparés "
        "par des virgules. Ils listent, lisent, exportent et vérifient, sans agir.",
    )
    tocsin_erasers: str = Field(
        "",
        pattern=r"^\s*([UWuw][A-Za-z0-9]+\s*(,\s*|$))*$",
        description="Personnes habilitées à effacer un texte de toute main courante, toujours à "
        "deux : identifiants Slack (U…), séparés par des virgules. S'y ajoutent les fonctions "
        "marquées may_erase dans cellule.yaml.",
    )
    tocsin_authors: str = Field(
        "",
        pattern=r"^\s*([UWuw][A-Za-z0-9]+\s*(,\s*|$))*$",
        description="Personnes qui publient les playbooks depuis Slack et font adopter une version "
        "par une crise : identifiants Slack (U…), séparés par des virgules. S'y ajoutent les "
        "fonctions marquées may_author dans cellule.yaml.",
    )
    tocsin_tsa_url: str = Field(
        "",
        repr=False,
        pattern=r"^(https?://\S+)?$",
        description="Autorité d'horodatage (RFC 3161) à qui faire dater la main courante : son "
        "adresse ; vide : aucune.",
    )
    tocsin_tsa_certificate: str = Field(
        "",
        description="Fichier PEM des certificats de cette autorité (le sien, les intermédiaires, "
        "la racine), comparés avec elle. Gardez-y les anciens quand elle en change.",
    )
    tocsin_tsa_policy: str = Field(
        "",
        pattern=r"^(\d+(\.\d+)+)?$",
        description="Politique d'horodatage exigée (numéro à points) ; vide : celle de l'autorité.",
    )
    tocsin_smtp_url: str = Field(
        "",
        repr=False,
        pattern=r"^((smtps|starttls|smtp)://\S+)?$",
        description="Serveur qui envoie les points de contrôle par courriel : "
        "smtps://utilisateur:motdepasse@serveur:465, starttls://…:587, ou smtp://…:25 sans "
        "chiffrement ni mot de passe ; vide : aucun courriel.",
    )
    tocsin_anchor_mails: str = Field(
        "",
        description="Adresses, hors de l'établissement, qui reçoivent et gardent les points de "
        "contrôle, séparées par des virgules ; trois de préférence, de fonction et non de "
        "personne : elles entrent dans la main courante.",
    )
    tocsin_anchor_sender: str = Field(
        "",
        description="Adresse d'expéditeur de ces courriels ; vide : l'utilisateur de "
        "TOCSIN_SMTP_URL.",
    )
    tocsin_print_hours: int = Field(
        0,
        ge=0,
        le=24,
        description="Imprimer l'état de chaque crise en PDF toutes les N heures, dans le dossier "
        "de données (impressions/) ; 0 : jamais.",
    )
    tocsin_briefing_hours: int = Field(
        3,
        ge=0,
        le=24,
        description="Donner un point de situation dans le canal de chaque crise toutes les N "
        "heures, comptées de l'ouverture ; 0 : jamais. Toutes les 2 à 4 heures au début.",
    )
    tocsin_wider_channel: str = Field(
        "",
        pattern=r"^([CGcg][A-Za-z0-9]+)?$",
        description="Canal privé plus large où la cellule peut diffuser un point de situation sans "
        "ligne sensible : son identifiant Slack (C…), après y avoir invité Tocsin ; vide : aucun.",
    )
    tocsin_embeddings: str = Field(
        "hachage",
        description="Vecteurs de la recherche ; hachage : sans téléchargement. Sinon un modèle "
        "(fournisseur:modèle) : fastembed, ollama, mistralai, openai, ou un autre de LangChain.",
    )
    tocsin_embeddings_url: str = Field(
        "",
        description="Adresse de ce modèle, pour tout serveur compatible avec openai ; vide : celle "
        "du fournisseur.",
    )
    tocsin_embeddings_key: str = Field("", repr=False, description="Clé d'accès à ce modèle.")
    tocsin_model: str = Field(
        "",
        description="Modèle de langage pour reformuler les réponses (fournisseur:modèle, par "
        "LangChain) ; vide : aucun.",
    )
    tocsin_model_url: str = Field(
        "", description="Adresse du modèle, pour un serveur interne ; vide : celle du fournisseur."
    )
    tocsin_model_key: str = Field("", repr=False, description="Clé d'accès au modèle.")
    tocsin_model_seconds: float = Field(
        25.0,
        gt=0,
        le=300,
        description="Secondes laissées au modèle pour rédiger une réponse ; les passages sont "
        "montrés sans l'attendre.",
    )
    tocsin_model_reads_log: str = Field(
        "non",
        pattern="^(oui|non)$",
        description="Laisser ce modèle rédiger aussi le point de situation demandé (oui ou non) : "
        "des lignes de la main courante lui sont alors envoyées. À réserver à un modèle interne.",
    )
    tocsin_log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Détail du journal technique : DEBUG, INFO, WARNING ou ERROR.",
    )
    tocsin_log_format: str = Field(
        "texte",
        pattern="^(texte|json)$",
        description="Forme du journal technique : texte, ou json (un objet par ligne). Ni l'un ni "
        "l'autre ne contient de texte de message, de nom de personne ni de secret.",
    )
    tocsin_health_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port de surveillance, sur 127.0.0.1 seulement : /health, /ready et /metrics "
        "(Prometheus) ; 0 : aucun.",
    )

    @property
    def database(self) -> str:
        """URL of the database, the embedded one by default."""
        return self.database_url or f"sqlite:///{(self.tocsin_data_dir / 'tocsin.db').resolve()}"

    @property
    def database_file(self) -> Path | None:
        """File of the embedded database; ``None`` with a server."""
        kind, _, path = self.database.partition(":///")
        return Path(path) if kind == "sqlite" else None

    @property
    def kept_folders(self) -> dict[str, Path]:
        """Folders whose files the journal names, each under the name it has in a backup."""
        return {"files": self.files_dir, "documents": self.tocsin_data_dir / "documents"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must appear nowhere: tokens, keys, and addresses that may carry a password."""
        hidden = (name for name, field in type(self).model_fields.items() if not field.repr)
        return tuple(value for name in hidden if (value := str(getattr(self, name))))

    @property
    def files_dir(self) -> Path:
        """Where the copies of files put in the channel are."""
        return self.tocsin_data_dir / "files"

    @property
    def largest_kept(self) -> int:
        """Bytes of the largest file of which a copy is kept; 0 when none is."""
        return self.tocsin_keep_files_mb * 1024**2 if self.tocsin_keep_files == "oui" else 0

    @property
    def erasers(self) -> frozenset[str]:
        """Slack ids of people who may ask for or confirm an erasure in every crisis."""
        named = (one.strip().upper() for one in self.tocsin_erasers.split(","))
        return frozenset(one for one in named if one)

    @property
    def authors(self) -> frozenset[str]:
        """Slack ids of people who may publish every playbook."""
        named = (one.strip().upper() for one in self.tocsin_authors.split(","))
        return frozenset(one for one in named if one)

    @property
    def teams(self) -> tuple[str, ...]:
        """Slack ids of the other workspaces whose requests are taken."""
        return tuple(one.strip().upper() for one in self.tocsin_teams.split(",") if one.strip())

    @property
    def auditors(self) -> tuple[str, ...]:
        """Slack ids of people and groups that may audit."""
        return tuple(one.strip().upper() for one in self.tocsin_auditors.split(",") if one.strip())

    @property
    def tsa_certificates(self) -> Path | None:
        """Certificates of the stamping authority, if any are set."""
        return Path(self.tocsin_tsa_certificate) if self.tocsin_tsa_certificate else None

    @property
    def wider_channel(self) -> str:
        """Slack id of the wider channel; empty when there is none."""
        return self.tocsin_wider_channel.strip().upper()

    @property
    def key_file(self) -> Path:
        """Where the signing key lives."""
        own = self.tocsin_key_file
        return Path(own) if own else self.tocsin_data_dir / "keys" / "tocsin.pem"

    def require_slack(self) -> None:
        """Raise ``SettingError``, naming what is missing or has the wrong shape."""
        _require("SLACK_BOT_TOKEN", self.slack_bot_token, "xoxb-")
        if self.tocsin_mode == "http":
            _require("SLACK_SIGNING_SECRET", self.slack_signing_secret, "")
        else:
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
