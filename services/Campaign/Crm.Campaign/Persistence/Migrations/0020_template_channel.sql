-- A text is written for one channel: an e-mail has HTML, a short message has segments, a letter has a heading.
ALTER TABLE templates ADD COLUMN channel text NOT NULL DEFAULT 'email'
    CHECK (channel IN ('email', 'sms', 'whatsapp', 'push', 'webhook', 'phone', 'post', 'pos'));
