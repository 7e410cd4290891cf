-- free: what the passes look at: ids, keys and integers; wide columns are fetched for what is left
-- in:  item                     every item of the night
--      follower                 items that give back an original of their own side
--      accepted_pair_restated   lines taken back, with the item that they end
--      accepted_pair_returned   originals of which nothing is left
--      accepted_pair_decided    lost disputes, with the decision that ends each
--      accepted_pair_applied    money that a decision puts against a document
--      accepted_pair_reunited   what was left of a document, with what is paid of it no more
-- out: one row per item that a pass may take; an original stands at what is left of it
--
-- A line of a kind that nobody mapped may be anything: no reference of its makes it a sale. Who sold what an
-- account of the group settles is told by the document; so all stand under the entity that holds the account.
with
ended as (
    select unnest([left_id, right_id]) as item_id from accepted_pair_restated
    union
    select unnest([left_id, right_id]) as item_id from accepted_pair_returned
    union
    select unnest([left_id, right_id]) as item_id from accepted_pair_decided
    union
    select unnest([left_id, right_id]) as item_id from accepted_pair_reunited
    union
    select unnest([left_id, right_id]) as item_id from accepted_pair_applied
    union
    select item_id from follower
),

lessened as (
    select distinct leader_id, left_minor from follower
)

select
    i.item_id as item_id,
    i.side as side,
    $entity as entity,
    i.currency as currency,
    coalesce(l.left_minor, i.amount_minor) as amount_minor,
    i.reference as reference,
    i.payout_ref as payout_ref,
    i.event_date as event_date,
from item as i
left join lessened as l on l.leader_id = i.item_id
where i.kind <> 'unknown' and i.item_id not in (select item_id from ended)
order by item_id
