//! A port that no other process is given.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::IntoRawFd;

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, getsockname, socket_with, sockopt,
};

/// A port of 127.0.0.1 that a server of this test may listen on, at any time and as often as it likes. Until the end of
/// this process the system does not hand it out to others who ask for any port; a connection to it is refused while no server
/// listens.
///
/// A bound socket keeps it, which does not listen: beside it others may bind, if both have `SO_REUSEADDR`, as servers do
/// (socket(7)).
pub fn free_port() -> u16 {
    let (family, kind) = (AddressFamily::INET, SocketType::STREAM);
    let kept = socket_with(family, kind, SocketFlags::CLOEXEC, None).expect("a socket");
    bind(&kept, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    // Only now: the system hands out no port that a socket without it has, nor one that others have with it.
    sockopt::set_socket_reuseaddr(&kept, true).expect("SO_REUSEADDR");
    let address = SocketAddr::try_from(getsockname(&kept).expect("its address")).expect("an IP");
    let _until_the_end_of_the_process = kept.into_raw_fd();
    address.port()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_server_can_listen_on_it_again_and_again_and_it_is_handed_out_to_no_other() {
        let port = free_port();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        for _ in 0..2 {
            let server = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a server");
            let client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a client");
            assert_ne!(client.local_addr().expect("its address").port(), port);
            let (_connection, _) = server.accept().expect("a connection");
        }
        for _ in 0..2000 {
            assert_ne!(free_port_of_listener(), port);
        }
    }

    fn free_port_of_listener() -> u16 {
        let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        any.local_addr().expect("its address").port()
    }
}
