-- exception_item: what a person must look at of fees, payments and tonight's decisions
-- in:  fee_exception       fees that are not as their contract has them
--      payment_exception   payments of which an event is too much
--      void_decision       decisions that met nothing
-- out: one row per exception
from fee_exception
union all by name
from payment_exception
union all by name
from void_decision
order by exception_id
