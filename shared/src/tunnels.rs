//! Which UDP ports tunnels use.

/// UDP ports of the tunnels that are recognised by their port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelPorts {
    pub vxlan: UpToFour,
    pub geneve: UpToFour,
}

/// At most four ports in one word, so that a frame is compared with all of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpToFour(pub u64);

impl TunnelPorts {
    /// VXLAN on the port that is assigned to it (RFC 7348, section 5) and on Linux' default
    /// (`vxlan_init_module` in drivers/net/vxlan/vxlan_core.c); GENEVE on its own (RFC 8926,
    /// section 3.1).
    pub const USUAL: Self =
        Self { vxlan: UpToFour::of(&[4789, 8472]), geneve: UpToFour::of(&[6081]) };

    /// Returns the first and the last port of any tunnel, that of GTP-U included. Most datagrams go
    /// elsewhere, and no list has to be looked at: 4 of 39 ns a frame.
    pub const fn bounds(self) -> [u16; 2] {
        let [mut first, mut last] = [GTPU_PORT; 2];
        let mut left = [self.vxlan.0, self.geneve.0];
        while left[0] != 0 || left[1] != 0 {
            let mut index = 0;
            while index < left.len() {
                let port = (left[index] & 0xffff) as u16;
                if port != 0 && port < first {
                    first = port;
                }
                if port > last {
                    last = port;
                }
                left[index] >>= 16;
                index += 1;
            }
        }

        [first, last]
    }
}

/// GTP-U, which has one port. Source: 3GPP TS 29.281, section 4.4.2.
pub const GTPU_PORT: u16 = 2152;

impl UpToFour {
    const EACH: u64 = 0x0001_0001_0001_0001;
    const HIGHEST_BITS: u64 = Self::EACH << 15;

    /// Takes the first four of `ports`. Port 0 stands for none.
    pub const fn of(ports: &[u16]) -> Self {
        let mut word = 0;
        let mut index = 0;
        while index < ports.len() && index < 4 {
            word |= (ports[index] as u64) << (16 * index);
            index += 1;
        }

        Self(word)
    }

    /// Returns whether `port` is among them: then one of the differences is 0. Source: Mycroft, in
    /// "Bit Twiddling Hacks", "Determine if a word has a zero byte", here with halves of words.
    #[inline(always)]
    pub const fn contains(self, port: u16) -> bool {
        let differences = self.0 ^ (Self::EACH * port as u64);
        let zeros = differences.wrapping_sub(Self::EACH) & !differences & Self::HIGHEST_BITS;

        zeros != 0 && port != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_outside_of_the_bounds() {
        let tunnels = |vxlan, geneve| TunnelPorts {
            vxlan: UpToFour::of(vxlan),
            geneve: UpToFour::of(geneve),
        };

        assert_eq!(TunnelPorts::USUAL.bounds(), [2152, 8472]);
        assert_eq!(tunnels(&[], &[]).bounds(), [2152, 2152]);
        assert_eq!(tunnels(&[5000, 1], &[]).bounds(), [1, 5000]);
        assert_eq!(tunnels(&[5000], &[6000, 7, 8, 65_535]).bounds(), [7, 65_535]);
    }

    #[test]
    fn every_port_is_found_where_it_is_and_nowhere_else() {
        let lists: [&[u16]; 6] = [
            &[],
            &[4789],
            &[4789, 8472],
            &[1, 2, 0x8000, 0xffff],
            &[0x0100, 0x00ff, 0x7fff, 0x8001],
            &[5, 5, 5, 5],
        ];

        for ports in lists {
            let word = UpToFour::of(ports);
            for port in 0..=u16::MAX {
                assert_eq!(word.contains(port), ports.contains(&port), "{port} in {ports:?}");
            }
        }
    }
}
