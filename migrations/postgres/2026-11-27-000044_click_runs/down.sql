DROP VIEW shopper_clicks;
