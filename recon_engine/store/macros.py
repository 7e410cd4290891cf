"""SQL words of every workspace: content_id, signed_minor, strict_time, at_rate and more."""

from __future__ import annotations

from functools import cache

import duckdb
import pyarrow as pa

CURRENCIES = "currency_exponent"

MACROS = (
    # The twin of `ids.content_id`; kind and parts, a NULL part told from an empty one.
    """
    create macro content_id(kind, parts) as substr(sha256(concat_ws(
        chr(31),
        kind,
        case when len(parts) > 0 then array_to_string(
            list_transform(parts, lambda part: coalesce(part, chr(0))), chr(31)
        ) end
    )), 1, 32)
    """,
    # NULL where the text is no plain number, has too many decimals, or more than 18 digits. The
    # exponent moves the point; more than 18 decimals are let in as zeros only, so no cast rounds.
    """
    create macro signed_minor(text, decimals) as case
        when regexp_full_match(text, '[+-]?[0-9]+([.][0-9]{1,18}0*)?')
            and try_cast(text || 'e' || decimals as decimal(36, 18)) % 1 = 0
        then cast(try_cast(text || 'e' || decimals as decimal(18, 0)) as bigint)
    end
    """,
    # A moment as its format prints it, or NULL: no missing zeros, no rest, no guess.
    """
    create macro strict_time(text, format) as case
        when strftime(try_strptime(text, format), format) = text then try_strptime(text, format)
    end
    """,
    # Minor units divided, rounded once, away from zero at the half or to the even unit.
    """
    create macro rounded_ratio(product, divisor, half_up) as cast(
        sign(product) * sign(divisor) * (
            abs(product) // abs(divisor) + case
                when abs(product) % abs(divisor) * 2 > abs(divisor) then 1
                when abs(product) % abs(divisor) * 2 < abs(divisor) then 0
                when half_up or (abs(product) // abs(divisor)) % 2 = 1 then 1
                else 0
            end
        ) as bigint)
    """,
    # A sale or refund settled in another currency: matched in its own, held in the other.
    """
    create macro is_crossed(kind, gross_minor, gross_currency, currency) as
        gross_currency <> currency and kind in ('charge', 'refund') and gross_minor <> 0
    """,
    # What an item is on the processor's balance, and in which currency.
    """
    create macro settled_currency(side, functional_currency, currency) as
        case when side = 'settlement' then coalesce(functional_currency, currency) else currency end
    """,
    """
    create macro settled_minor(side, functional_minor, amount_minor) as
        case when side = 'settlement' then coalesce(functional_minor, amount_minor)
        else amount_minor end
    """,
    # Minor units of another currency by an integer rate, functional minor per minor times 10^12.
    """
    create macro at_rate(amount_minor, rate_e12, half_up) as
        rounded_ratio(cast(amount_minor as hugeint) * rate_e12, 1000000000000, half_up)
    """,
)


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Make the macros and `currency_exponent` in a new database."""
    for macro in MACROS:
        con.execute(macro)
    con.register("iso_4217", _currencies())
    con.execute(f"create table {CURRENCIES} as from iso_4217")
    con.unregister("iso_4217")


@cache
def _currencies() -> pa.Table:
    """Return every ISO 4217 code that has minor units, with their number of decimals."""
    from iso4217 import Currency

    listed = sorted((c.code, c.exponent) for c in Currency if c.exponent is not None)
    codes, decimals = zip(*listed, strict=True)
    return pa.table(
        {"currency": pa.array(codes, pa.string()), "decimals": pa.array(decimals, pa.int32())}
    )
