"""The only place that names embedding and chat models.

A model is a setting: ``hachage`` (the default, offline, no download), or ``provider:model`` as
LangChain spells it (``mistralai:mistral-small-latest``, ``ollama:bge-m3``).  Nothing is contacted
before the first text or question; a package that is missing is said in French with its extra.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bot.errors import OutsideService, SettingError
from bot.library.embedders import (
    ADDRESSES,
    FASTEMBED,
    KEYED,
    LocalEmbeddings,
    RemoteEmbeddings,
)
from bot.library.outside import asked
from bot.library.vectors import Embedder, HashEmbedder, Vector

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T")

OFFLINE = "hachage"
NO_MODEL = frozenset({"", "aucun", "non", "off"})
CHAT_SECONDS = 20.0
EMBED_SECONDS = 60.0
BATCH = 64
#: For a server that asks for no key: clients refuse to have none.
_NO_KEY = "aucune"
_EXTRAS = {
    "mistralai": "mistral",
    "openai": "openai",
    "anthropic": "anthropic",
    "ollama": "ollama",
    FASTEMBED: "embeddings",
}


def embeddings_name(setting: str) -> str:
    """How the index calls the model of this setting, without loading it."""
    name = setting.strip()
    return HashEmbedder().name if name in {"", OFFLINE} else name


def embedder(setting: str, url: str = "", key: str = "") -> Embedder:
    """The embedding model of that name; ``hachage`` or nothing gives the offline one.

    ``url`` and ``key`` are as for a chat model.
    """
    name = setting.strip()
    if name in {"", OFFLINE}:
        return HashEmbedder()
    provider = name.split(":", maxsplit=1)[0]
    if provider in KEYED and not (key or url):
        raise SettingError(
            f"Le modèle «\u00a0{name}\u00a0» demande une clé. "
            "Écrivez-la dans le fichier .env\u00a0: TOCSIN_EMBEDDINGS_KEY."
        )
    return ModelEmbedder(name, _made(name, lambda: _embeddings(name, url, key)))


def chat_model(
    setting: str, url: str = "", key: str = "", seconds: float = CHAT_SECONDS
) -> "BaseChatModel | None":
    """The chat model of that name; ``None`` when the setting asks for none.

    ``url`` and ``key`` are for a server of one's own; empty, the provider's usual ones are taken.
    ``seconds`` is the longest silence of it that is waited for.
    """
    name = setting.strip()
    if name.casefold() in NO_MODEL:
        return None
    return _made(name, lambda: _chat(name, url, key, seconds))


class _Embeddings(Protocol):
    """What every embedding model does, LangChain's included."""

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        """One vector per passage, in order."""

    def embed_query(self, text: str) -> Vector:
        """The vector of a question."""


class ModelEmbedder:
    """An embedding model, with a deadline."""

    #: A model that knows languages finds what words cannot: it weighs far more than hashes.
    weight = 4.0

    def __init__(self, name: str, model: _Embeddings) -> None:
        """Keep the model under the name of its setting."""
        self.name = name
        self._model = model

    def learn(self, texts: Sequence[str]) -> None:
        """Learn nothing: the model already knows what it knows."""

    def documents(self, texts: Sequence[str]) -> list[Vector]:
        """One vector per text, asked for in batches."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), BATCH):
            part = list(texts[start : start + BATCH])
            vectors += self._asked(lambda part=part: self._model.embed_documents(part))  # type: ignore[misc]
        return vectors

    def question(self, text: str, words: Mapping[str, float]) -> Vector:
        """The vector of the question as it was typed."""
        return self._asked(lambda: self._model.embed_query(text))

    def _asked(self, call: Callable[[], T]) -> T:
        return asked(f"Le modèle {self.name}", call, EMBED_SECONDS)


def _embeddings(name: str, url: str, key: str) -> "_Embeddings":
    provider, _, model = name.partition(":")
    if provider in ADDRESSES and model:
        return RemoteEmbeddings(model, url or ADDRESSES[provider], key, EMBED_SECONDS)
    if provider == FASTEMBED and model:
        return LocalEmbeddings(model)
    from langchain.embeddings import init_embeddings

    return init_embeddings(name)


def _chat(name: str, url: str, key: str, seconds: float) -> "BaseChatModel":
    from langchain.chat_models import init_chat_model

    own: dict[str, Any] = {"base_url": url} if url else {}
    if name.startswith("ollama:"):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        own["client_kwargs"] = {"timeout": seconds, "headers": headers}
    else:
        # A provider's own key, which its client finds by itself, never goes to another address.
        own |= {"api_key": key or _NO_KEY} if key or url else {}
        own |= {"timeout": seconds, "max_retries": 0}
    made: BaseChatModel = init_chat_model(name, temperature=0, **own)
    return made


def _made(name: str, make: Callable[[], T]) -> T:
    """The model that ``make`` builds, or a setting error that says what to do."""
    try:
        return asked(name, make, EMBED_SECONDS)
    except OutsideService as error:
        raise SettingError(_advice(name, error.__cause__), detail=error.detail) from error


def _advice(name: str, cause: BaseException | None) -> str:
    """What to do about a model that cannot be built."""
    provider = name.split(":", maxsplit=1)[0]
    if isinstance(cause, ImportError):
        extra = _EXTRAS.get(provider)
        package = f"tocsin[{extra}]" if extra else f"langchain-{provider}"
        return (
            f"Le modèle «\u00a0{name}\u00a0» demande un paquet qui n'est pas installé. "
            f'Installez-le\u00a0: pip install "{package}".'
        )
    if ":" not in name:
        return (
            f"Le modèle «\u00a0{name}\u00a0» ne nomme pas son fournisseur. "
            "Écrivez «\u00a0fournisseur:modèle\u00a0», par exemple mistralai:mistral-small-latest."
        )
    return (
        f"Le modèle «\u00a0{name}\u00a0» ne peut pas être préparé. "
        "Vérifiez le fournisseur, le nom du modèle et la clé dans le fichier .env."
    )
