DROP TABLE awaited_orders;
