"""What whoever runs the service must mend: its store, its keys, its installation."""

from __future__ import annotations

from argosy.errors.root import ArgosyError


class MissingExtraError(ArgosyError):
    """A part of the product is not installed."""

    message_format = "{what} needs more than is installed: pip install 'argosy[{extra}]'."


class StoreError(ArgosyError):
    """The store cannot be used; whoever runs the service must mend it."""

    message_format = "The store cannot be used: {detail}"


class StoreAddressError(StoreError):
    """The address of the store says no database that can be opened."""

    message_format = "The address of the store cannot be used: {detail}"
    hint = "Write sqlite:///FILE or postgresql://USER@HOST/DATABASE."


class StoreUnavailableError(StoreError):
    """The database cannot be reached or opened now, or is busy for too long."""

    message_format = "The store cannot be reached: {detail}"
    http_status = 503
    retryable = True


class StoreTooNewError(StoreError):
    """A later release has written the store; this one would lose what it does not know."""

    message_format = (
        "The store was written by a later release: its schema is {found}; this one knows {known}."
    )
    hint = "Start the release that wrote it, or a later one."


class KeyRingError(StoreError):
    """The keys that secrets are encrypted with cannot be used."""

    message_format = "The secret keys cannot be used: {detail}"


class MissingKeyError(KeyRingError):
    """There is no key, or not the one that stored secrets need."""

    message_format = "There is no secret key to read what is stored: {detail}"
    hint = "Give the key of before, by ARGOSY_SECRET_KEYS or in the key file; no new one helps."


class UndecryptableError(KeyRingError):
    """A stored secret cannot be decrypted: its key is not known, or it was changed or moved."""

    message_format = "The stored secret of {what} cannot be decrypted: {detail}"
