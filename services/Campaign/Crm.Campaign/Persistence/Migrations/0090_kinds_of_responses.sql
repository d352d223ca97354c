-- All kinds of responses, whatever part of the service records them.
ALTER TABLE responses DROP CONSTRAINT responses_kind_check;
ALTER TABLE responses ADD CONSTRAINT responses_kind_check CHECK (kind IN (
    'opened', 'clicked', 'unsubscribed', 'probed', 'trapped', 'bounced', 'complained', 'replied', 'converted',
    'delivered', 'undelivered', -- a provider's receipt
    'reached_interested', 'reached_not_interested', 'no_answer', 'busy', 'wrong_number', 'call_back', -- a call's outcome
    'shown')); -- at the till
