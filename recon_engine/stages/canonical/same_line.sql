-- same_line: rows of a batch that comes again which say what stands
-- in:  candidate       typed rows
--      named_line      their identities
--      standing_line   lines in force of the batch
-- out: one row per row
select
    c.delivery_seq as delivery_seq,
    c.row_no as row_no,
    n.base_id as base_id,
from candidate as c
inner join named_line as n on n.delivery_seq = c.delivery_seq and n.row_no = c.row_no
inner join standing_line as s on s.base_id = n.base_id and s.batch_key = n.batch_key
where
    n.file_disposition = 'restated'
    and c.kind = s.kind
    and c.processor_account = s.processor_account
    and c.batch_ref = s.batch_ref
    and c.event_date = s.event_date
    and c.currency = s.currency
    and c.net_minor = s.net_minor
    and c.fee_minor = s.fee_minor
    and c.passed_on_minor is not distinct from s.passed_on_minor
    and c.gross_minor = s.gross_minor
    and c.gross_currency = s.gross_currency
    and c.rate_exact is not distinct from s.rate_exact
    and c.reference is not distinct from s.reference
    and c.payout_ref is not distinct from s.payout_ref
order by delivery_seq, row_no
