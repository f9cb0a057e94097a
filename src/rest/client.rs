use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// Who is at the other end, for allowances: the peer's address, or the one that a *trusted* proxy names. A header from
/// anyone else says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client of a request.
    pub fn of(request: &HttpRequest, trusted: &[IpNet]) -> Self {
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok());
        Self::judge(
            request.peer_addr().map(|peer| peer.ip()),
            forwarded,
            trusted,
        )
    }

    fn judge<'a>(
        peer: Option<IpAddr>,
        forwarded: impl Iterator<Item = &'a str>,
        trusted: &[IpNet],
    ) -> Self {
        let mut client = peer
            .unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
            .to_canonical();
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
        let hops: Vec<&str> = forwarded
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        // From the nearest hop outwards, for as long as the one who speaks is trusted.
        for hop in hops.into_iter().rev() {
            if !is_trusted(client) {
                break;
            }
            let Ok(address) = hop.parse::<IpAddr>() else {
                break;
            };
            client = address.to_canonical();
        }
        Self(Self::allowance_unit(client))
    }

    /// One household has one IPv4 address, but a whole IPv6 /64.
    fn allowance_unit(address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        }
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|network| network.parse().unwrap())
            .collect();
        ClientAddress::judge(
            Some(peer.parse().unwrap()),
            forwarded.iter().copied(),
            &trusted,
        )
        .0
        .to_string()
    }

    #[test]
    fn a_stranger_can_not_choose_an_address() {
        assert_eq!(judge("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(
            judge("127.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]),
            "127.0.0.1"
        );
    }

    #[test]
    fn a_trusted_proxy_names_the_client_and_what_the_client_claims_is_ignored() {
        assert_eq!(
            judge("10.0.0.1", &["192.0.2.7, 198.51.100.1"], &["10.0.0.0/8"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        assert_eq!(
            judge("2001:db8:1:2:3:4:5:6", &[], &[]),
            judge("2001:db8:1:2:ffff::1", &[], &[])
        );
    }
}
