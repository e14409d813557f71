// SimulatedVenues
