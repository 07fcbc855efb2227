"""`eval support`: how well the check of written sentences tells honest ones from planted errors."""
