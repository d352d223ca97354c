-- Whether the content is under the customer's own key. The hash is that of what is stored: one of the content would recognise a known file after its key is gone.
ALTER TABLE customer_files ADD COLUMN is_sealed boolean NOT NULL DEFAULT false;
