// ClientGateways
