@path: '/display' @requires: 'Display'
service DisplayService {
    function whoami() returns String;
}

@path: '/edit' @requires: 'Edit'
service EditService {
    function whoami() returns String;
}

@path: '/anybody' @requires: 'authenticated-user'
service AnybodyService {
    function whoami() returns String;
}

@path: '/system' @requires: 'system-user'
service SystemService {
    function whoami() returns String;
}

@path: '/open' @requires: 'any'
service OpenService {
    function whoami() returns String;
}
