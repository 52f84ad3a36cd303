mod built_in;
mod wrong;
