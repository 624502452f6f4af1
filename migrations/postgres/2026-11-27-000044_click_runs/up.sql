-- A shopper's clicks under the name that they have on SQLite, where no index gives them.
CREATE VIEW shopper_clicks (shopper_id, click_id) AS SELECT shopper_id, id FROM clicks;
