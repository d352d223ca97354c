-- Messengers and webhooks are ways of being reached of their own: consent to SMS or notifications is none to them, so everybody begins without.
ALTER TABLE audience
    ADD COLUMN consent_whatsapp boolean NOT NULL DEFAULT false,
    ADD COLUMN consent_whatsapp_at timestamptz,
    ADD COLUMN consent_webhook boolean NOT NULL DEFAULT false,
    ADD COLUMN consent_webhook_at timestamptz;
