"""`eval calibrate`: when to refuse, fitted on a QA set and measured on questions that the fit has not seen."""
