-- Needs a lock that no writer of the table lets pass.
ALTER TABLE notes ADD CONSTRAINT stars_are_few CHECK (stars <= 5);
