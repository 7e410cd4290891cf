"""Reconciles processors, banks and ERP ledgers: money in equals money out."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Return the installed version, looked up when it is asked for, since most starts never ask."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("recon-engine")
