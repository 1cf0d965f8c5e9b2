-- How objects are encrypted that say nothing of it: AES256, or empty for not at all.
ALTER TABLE bucket ADD COLUMN encryption TEXT NOT NULL DEFAULT '';
