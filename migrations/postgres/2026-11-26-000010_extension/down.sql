DROP TABLE activations;
DROP TABLE standdown_packs;
DROP TABLE list_keys;
