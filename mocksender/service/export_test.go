package service

// ControlRoutes returns how many paths the control API has.
func ControlRoutes(s *Service) int { return len(s.controlRoutes()) }
