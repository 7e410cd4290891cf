-- MAT-001: new items, items carried over and items reopened all enter, each once
-- in:  item_source          new items of the date
--      opened               what a take-on brings along
--      previous_open_item   what the previous processing date left open
--      undone_leg           legs of matches that are undone
--      closing              what decisions say is lost of open disputes
--      difference           what matches are apart, within their tolerance
--      rest                 what is left of documents paid in part, twice, with both signs
--      item                 everything that enters
-- out: one number: items that did not enter with their side, currency and amount, or entered unasked
with
came as (
    select item_id, side, currency, amount_minor, 1 as came from item_source
    union all
    select item_id, side, currency, amount_minor, 1 as came from opened
    union all
    select item_id, side, currency, amount_minor, 1 as came from previous_open_item
    union all
    select item_id, side, currency, amount_minor, 1 as came from undone_leg where dataset <> 'tolerance'
    union all
    select item_id, side, currency, amount_minor, 1 as came from closing
    union all
    select item_id, side, currency, amount_minor, 1 as came from difference
    union all
    select item_id, side, currency, amount_minor, 1 as came from rest
    union all
    select item_id, side, currency, amount_minor, -1 as came from item
),

unpaired as (
    select item_id
    from came
    group by item_id, side, currency, amount_minor
    having sum(came) <> 0
)

select
    cast(count(*) as bigint) as delta,
from unpaired
