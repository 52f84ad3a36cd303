//! Tests of the window, in a package of their own so that the engine tests never compile egui.
