"""What several test files share: sockets, children, namespaces, skips."""
