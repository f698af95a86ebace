# SPDX-License-Identifier: GPL-2.0-or-later
# A module for NixOS. For example:
#   imports = [ ./zerovnc/packaging/nix/module.nix ];
#   services.zerovnc = { enable = true; settings = { listen = [ "0.0.0.0:5900" ]; plain-users = "alice,bob"; }; };
{ config, lib, pkgs, ... }:

let
  cfg = config.services.zerovnc;
  write = value: if value == true then "yes" else if value == false then "no" else toString value;
  line = name: value: "${name} = ${write value}\n";
  # A list is a setting that is given several times.
  lines = name: value: lib.concatMapStrings (line name) (if builtins.isList value then value else [ value ]);
  file = pkgs.writeText "zerovnc.conf" (lib.concatStrings (lib.mapAttrsToList lines cfg.settings));
  programs = "${cfg.package}/bin";
in
{
  options.services.zerovnc = {
    enable = lib.mkEnableOption "zerovnc, a VNC server for this machine's screen";
    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = "packaging/nix/package.nix";
      description = "The package to run.";
    };
    singleProcess = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Run one process that does everything, as root, instead of zerovnc-broker and zerovnc-login with a server without rights.";
    };
    openFirewall = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Open TCP port 5900.";
    };
    settings = lib.mkOption {
      type = with lib.types; attrsOf (let one = oneOf [ bool int str path ]; in either one (listOf one));
      default = { };
      example = { listen = [ "0.0.0.0:5900" "[::]:5900" ]; view-only = true; };
      description = "The settings of zerovnc.conf(5).";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    environment.etc."zerovnc.conf".source = file;
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ 5900 ];
    security.pam.services.zerovnc = { };
    users.users.zerovnc = { isSystemUser = true; group = "zerovnc"; home = "/var/lib/zerovnc"; };
    users.groups.zerovnc = { };

    # The units are the package's own.
    systemd.packages = [ cfg.package ];
    systemd.services.zerovnc = {
      wantedBy = [ "multi-user.target" ];
      restartTriggers = [ file ];
      serviceConfig = lib.mkMerge [
        {
          # The empty string takes away the package's own command, which reads an example.
          ExecStart = [
            ""
            ("${programs}/zerovnc serve --config=/etc/zerovnc.conf" + (if cfg.singleProcess then " --single-process"
              else " --broker=/run/zerovnc-broker/socket --login-helper=/run/zerovnc-login/socket"))
          ];
        }
        # As packaging/single-process.conf.in does it.
        (lib.mkIf cfg.singleProcess {
          User = "root";
          PrivateUsers = false;
          CapabilityBoundingSet = "CAP_SYS_ADMIN CAP_NET_BIND_SERVICE CAP_AUDIT_WRITE";
          DeviceAllow = [ "char-fb r" "/dev/uinput rw" ];
          BindPaths = "-/run/faillock";
        })
      ];
    };
  };
}
