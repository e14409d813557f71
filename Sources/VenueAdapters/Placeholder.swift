// VenueAdapters
