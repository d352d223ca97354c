-- Statistics count what is not judged yet beside the counters: a few rows of one campaign, whatever number it has had.
CREATE INDEX responses_waiting ON responses (campaign_id) WHERE judged_at IS NULL;
