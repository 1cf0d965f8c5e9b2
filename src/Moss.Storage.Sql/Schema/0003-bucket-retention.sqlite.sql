-- The bucket's retention (WORM): id, days, when it was made, whether it is locked; empty for none.
ALTER TABLE bucket ADD COLUMN retention TEXT NOT NULL DEFAULT '';
