// VenueGateways
